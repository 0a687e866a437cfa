#include "engine/identity/template_equality.h"

#include "crds/names.h"
#include "engine/identity/go_json.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace sluice::engine {
namespace {

using Default = std::pair<const char*, Json>;

/// Removes the fields that hold their default: a template that leaves them out means the same.
void strip(Json* object, std::initializer_list<Default> defaults) {
  if (object == nullptr || !object->is_object()) return;
  for (const auto& [field, value] : defaults) {
    const auto found = object->find(field);
    if (found != object->end() && (*found == value || found->is_null())) object->erase(found);
  }
}

Json* child(Json* object, const char* field) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(field);
  return found == object->end() ? nullptr : &*found;
}

void erase(Json* object, std::string_view field) {
  if (object != nullptr && object->is_object()) object->erase(std::string(field));
}

template <typename Visit>
void each(Json* object, const char* field, Visit visit) {
  Json* list = child(object, field);
  if (list == nullptr || !list->is_array()) return;
  for (Json& element : *list) visit(&element);
}

void strip_http_get(Json* handler) {
  strip(child(handler, "httpGet"), {{"scheme", "HTTP"}, {"path", "/"}});
}

void strip_probe(Json* probe) {
  strip(probe, {{"timeoutSeconds", 1},
                {"periodSeconds", 10},
                {"successThreshold", 1},
                {"failureThreshold", 3}});
  strip_http_get(probe);
  strip(child(probe, "grpc"), {{"service", ""}});
}

/// imagePullPolicy defaults to Always for images without a tag or with :latest.
std::string default_pull_policy(const Json* name) {
  const std::string image = name != nullptr && name->is_string() ? name->get<std::string>() : "";
  if (image.find('@') != std::string::npos) return "IfNotPresent";
  const size_t colon = image.rfind(':');
  const size_t slash = image.rfind('/');
  const bool tagged = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return !tagged || image.substr(colon) == ":latest" ? "Always" : "IfNotPresent";
}

void strip_container(Json* container) {
  const Json* image = child(container, "image");
  strip(container, {{"terminationMessagePath", "/dev/termination-log"},
                    {"terminationMessagePolicy", "File"},
                    {"imagePullPolicy", default_pull_policy(image)},
                    {"securityContext", Json::object()}});
  each(container, "ports", [](Json* port) { strip(port, {{"protocol", "TCP"}}); });
  each(container, "env", [](Json* variable) {
    Json* source = child(variable, "valueFrom");
    strip(child(source, "fieldRef"), {{"apiVersion", "v1"}});
    strip(child(source, "resourceFieldRef"), {{"divisor", "0"}});
  });
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"})
    strip_probe(child(container, probe));
  for (const char* hook : {"postStart", "preStop"})
    strip_http_get(child(child(container, "lifecycle"), hook));
}

void strip_volume(Json* volume) {
  for (const char* source : {"secret", "configMap", "projected", "downwardAPI"})
    strip(child(volume, source), {{"defaultMode", 420}});
  strip(child(volume, "hostPath"), {{"type", ""}});
  strip(volume, {{"emptyDir", Json::object()}});
  each(child(volume, "downwardAPI"), "items",
       [](Json* item) { strip(child(item, "fieldRef"), {{"apiVersion", "v1"}}); });
  each(child(volume, "projected"), "sources", [](Json* source) {
    strip(child(source, "serviceAccountToken"), {{"expirationSeconds", 3600}});
    each(child(source, "downwardAPI"), "items",
         [](Json* item) { strip(child(item, "fieldRef"), {{"apiVersion", "v1"}}); });
  });
}

void strip_spec(Json* spec) {
  strip(spec, {{"restartPolicy", "Always"},
               {"dnsPolicy", "ClusterFirst"},
               {"schedulerName", "default-scheduler"},
               {"terminationGracePeriodSeconds", 30},
               {"securityContext", Json::object()}});
  // serviceAccount is the old name that API servers keep in step with serviceAccountName.
  if (child(spec, "serviceAccountName") != nullptr) erase(spec, "serviceAccount");
  each(spec, "initContainers", strip_container);
  each(spec, "containers", strip_container);
  each(spec, "volumes", strip_volume);
}

}  // namespace

std::string normalised_template(const JsonText& pod_template) {
  if (!pod_template) return "";
  Result<Json> parsed = parse_json(*pod_template);
  if (!parsed || !parsed->is_object()) return "";
  Json* metadata = child(&*parsed, "metadata");
  erase(metadata, "creationTimestamp");
  erase(child(metadata, "labels"), crds::kPodTemplateHashLabel);
  strip_spec(child(&*parsed, "spec"));
  return write_go_json(*parsed, "PodTemplateSpec");
}

bool same_template(const JsonText& left, const JsonText& right) {
  const std::string text = normalised_template(left);
  return !text.empty() && text == normalised_template(right);
}

JsonText with_hash_label(const JsonText& pod_template, const std::string& hash) {
  Result<Json> parsed = pod_template ? parse_json(*pod_template) : Json::object();
  Json document = parsed && parsed->is_object() ? std::move(*parsed) : Json::object();
  document["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
  return make_json_text(dump_json(document));
}

}  // namespace sluice::engine
