#include "local/store/registry_builtin.h"

#include "base/base64.h"
#include "base/json_list.h"
#include "base/letter_case.h"
#include "core/names.h"
#include "core/pod_check.h"
#include "local/store/registry_defaults.h"
#include "local/store/registry_ingress.h"
#include "local/store/registry_job.h"
#include "local/store/registry_metadata.h"
#include "local/store/registry_pod.h"
#include "local/store/registry_service.h"
#include "local/store/selectors.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sluice::local {
namespace {

/// The most that a ConfigMap or Secret holds, as on the real server.
constexpr size_t kDataBytesMax = size_t{1024} * 1024;

// --- Namespace

void apply_namespace_defaults(Json& object) {
  object["metadata"]["labels"]["kubernetes.io/metadata.name"] = string_at(object, "metadata.name");
}

void prepare_new_namespace(Json& object) {
  object["spec"]["finalizers"] = Json::array({"kubernetes"});
  object["status"] = {{"phase", "Active"}};
}

void inherit_namespace(Json& object, const Json& old) {
  if (const Json* finalizers = find_path(old, "spec.finalizers"); finalizers != nullptr)
    object["spec"]["finalizers"] = *finalizers;
  else
    object.erase("spec");
}

// --- ConfigMap and Secret

ApiCauses validate_keys(const Json& object, const char* field) {
  ApiCauses causes;
  const auto data = object.find(field);
  if (data == object.end()) return causes;
  for (const auto& [key, value] : data->items())
    append(causes,
           complaints_about(fmt::format("{}[{}]", field, key), key, core::check_config_key(key)));
  return causes;
}

size_t text_bytes(const std::string& text) {
  return text.size();
}

size_t decoded_bytes(const std::string& text) {
  return decode_base64(text).value_or("").size();
}

/// What the values of a map of strings add up to.
size_t sum_of(const Json& object, const char* field, size_t (*bytes_of)(const std::string&)) {
  size_t sum = 0;
  const auto data = object.find(field);
  if (data == object.end()) return sum;
  for (const auto& [key, value] : data->items())
    if (value.is_string()) sum += bytes_of(value.get_ref<const std::string&>());
  return sum;
}

ApiCauses validate_size(size_t bytes) {
  if (bytes <= kDataBytesMax) return {};
  return {too_long("[]", kDataBytesMax)};  // How Go writes the path of the object itself.
}

ApiCauses validate_config_map(const Json& object) {
  ApiCauses causes = validate_keys(object, "data");
  append(causes, validate_keys(object, "binaryData"));
  append(causes, validate_size(sum_of(object, "data", text_bytes) +
                               sum_of(object, "binaryData", decoded_bytes)));
  return causes;
}

ApiCauses validate_immutable_data(const Json& object, const Json& old) {
  ApiCauses causes;
  if (!bool_at(old, "immutable")) return causes;
  if (!bool_at(object, "immutable"))
    causes.push_back(forbidden_value("immutable", "field is immutable when `immutable` is set"));
  for (const char* field : {"data", "binaryData"})
    if (object.value(field, Json::object()) != old.value(field, Json::object()))
      causes.push_back(forbidden_value(field, "field is immutable when `immutable` is set"));
  return causes;
}

void apply_secret_defaults(Json& object) {
  set_default(object, "type", "Opaque");
  if (!object.contains("stringData")) return;
  for (const auto& [key, value] : object["stringData"].items())
    object["data"][key] = encode_base64(value.get_ref<const std::string&>());
  object.erase("stringData");
}

ApiCauses validate_secret(const Json& object) {
  ApiCauses causes = validate_keys(object, "data");
  append(causes, validate_size(sum_of(object, "data", decoded_bytes)));
  return causes;
}

ApiCauses validate_secret_update(const Json& object, const Json& old) {
  ApiCauses causes = validate_immutable_data(object, old);
  append(causes, changed_fields(object, old, {"type"}));
  return causes;
}

// --- Event

void apply_event_defaults(Json& object) {
  for (const char* time : {"eventTime", "firstTimestamp", "lastTimestamp"})
    set_default(object, time, nullptr);
  for (const char* text : {"reportingComponent", "reportingInstance"})
    set_default(object, text, "");
  for (const char* part : {"source", "involvedObject"}) set_default(object, part, Json::object());
}

ApiCauses validate_event(const Json& object) {
  const std::string named = string_at(object, "involvedObject.namespace");
  const std::string own = string_at(object, "metadata.namespace");
  const bool matches = named.empty() ? own == "default" : named == own;
  if (matches) return {};
  return {
      invalid_value("involvedObject.namespace", go_quote(named), "does not match event.namespace")};
}

void add_event_fields(const Json& object, StringMap& fields) {
  fields["source"] = string_at(object, "source.component");
}

// --- ReplicaSet

void apply_replica_set_defaults(Json& object) {
  Json& spec = object["spec"];
  if (spec.is_null()) spec = Json::object();
  set_default(spec, "replicas", 1);
  if (object.contains("status")) set_default(object["status"], "replicas", 0);
  if (spec.contains("template")) apply_template_defaults(spec["template"]);
}

void prepare_new_replica_set(Json& object) {
  object["status"] = {{"replicas", 0}};
}

ApiCauses validate_replica_set(const Json& object) {
  ApiCauses causes = negative_numbers(object, {"spec.replicas", "spec.minReadySeconds"});
  const Json& spec = object["spec"];
  const Json* selector = find_path(spec, "selector");
  const Json* pod_template = find_path(spec, "template");
  const Json none = Json::object();
  if (selector == nullptr) {
    causes.push_back(required_value("spec.selector"));
  } else {
    append(causes, core::check_template_selector(*selector, "spec.selector",
                                                 pod_template != nullptr ? *pod_template : none,
                                                 "spec.template"));
  }
  if (pod_template == nullptr) {
    causes.push_back(required_value("spec.template"));
  } else {
    append(causes, core::check_pod_template(*pod_template, "spec.template",
                                            core::TemplateOwner::ReplicaSet));
  }
  return causes;
}

ApiCauses validate_replica_set_update(const Json& object, const Json& old) {
  return changed_fields(object, old, {"spec.selector"});
}

// --- EndpointSlice

ApiCauses validate_endpoint_slice(const Json& object) {
  const std::string type = string_at(object, "addressType");
  if (type.empty()) return {required_value("addressType")};
  if (type == "IPv4" || type == "IPv6" || type == "FQDN") return {};
  return {unsupported_value("addressType", go_quote(type), {"FQDN", "IPv4", "IPv6"})};
}

ApiCauses validate_endpoint_slice_update(const Json& object, const Json& old) {
  return changed_fields(object, old, {"addressType"});
}

void apply_endpoint_slice_defaults(Json& object) {
  set_default(object, "endpoints", Json::array());
  set_default(object, "ports", Json::array());
  for (Json& port : object["ports"]) {
    set_default(port, "name", "");
    set_default(port, "protocol", "TCP");
  }
}

// --- PodDisruptionBudget

void prepare_new_budget(Json& object) {
  object["status"] = {
      {"currentHealthy", 0}, {"desiredHealthy", 0}, {"disruptionsAllowed", 0}, {"expectedPods", 0}};
}

ApiCauses validate_budget(const Json& object) {
  const Json* least = find_path(object, "spec.minAvailable");
  const Json* most = find_path(object, "spec.maxUnavailable");
  if (least == nullptr || most == nullptr) return {};
  return {invalid_value("spec", dump_json(object["spec"]),
                        "minAvailable and maxUnavailable cannot be both set")};
}

// --- CustomResourceDefinition

void apply_crd_defaults(Json& object) {
  Json& spec = object["spec"];
  if (spec.is_null()) spec = Json::object();
  set_default(spec, "names", Json::object());
  const std::string kind = string_at(spec, "names.kind");
  set_default(spec["names"], "listKind", kind + "List");
  set_default(spec["names"], "singular", lower_case(kind));
  set_default(spec, "conversion", {{"strategy", "None"}});
}

void prepare_new_crd(Json& object) {
  Json stored = Json::array();
  for (const Json& version : list_at(object, "spec.versions"))
    if (bool_at(version, "storage")) stored.push_back(string_at(version, "name"));
  object["status"] = {{"acceptedNames", {{"kind", ""}, {"plural", ""}}},
                      {"conditions", nullptr},
                      {"storedVersions", std::move(stored)}};
}

ApiCauses validate_crd(const Json& object) {
  ApiCauses causes;
  const Json& spec = object["spec"];
  for (const char* field : {"group", "scope", "names.plural", "names.kind"})
    if (string_at(spec, field).empty())
      causes.push_back(required_value(fmt::format("spec.{}", field)));
  const std::string name = string_at(object, "metadata.name");
  const std::string wanted = string_at(spec, "names.plural") + "." + string_at(spec, "group");
  if (name != wanted) {
    causes.push_back(invalid_value("metadata.name", go_quote(name),
                                   "must be spec.names.plural+\".\"+spec.group"));
  }
  const Json& versions = list_at(spec, "versions");
  const auto stored = std::ranges::count_if(
      versions, [](const Json& version) { return bool_at(version, "storage"); });
  if (stored != 1) {
    causes.push_back(invalid_value("spec.versions", dump_json(versions),
                                   "must have exactly one version marked as storage version"));
  }
  return causes;
}

ApiCauses validate_crd_update(const Json& object, const Json& old) {
  return changed_fields(object, old,
                        {"spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"});
}

struct KindRules {
  std::string_view kind;
  BuiltinRules rules;
};

constexpr KindRules kRules[] = {
    {"Namespace",
     {.prepare_new = prepare_new_namespace,
      .apply_defaults = apply_namespace_defaults,
      .inherit = inherit_namespace}},
    {"ConfigMap", {.validate = validate_config_map, .validate_update = validate_immutable_data}},
    {"Secret",
     {.apply_defaults = apply_secret_defaults,
      .validate = validate_secret,
      .validate_update = validate_secret_update}},
    {"Event",
     {.apply_defaults = apply_event_defaults,
      .validate = validate_event,
      .add_fields = add_event_fields}},
    {"Pod",
     {.prepare_new = prepare_new_pod,
      .apply_defaults = apply_pod_defaults,
      .validate = validate_pod,
      .validate_update = validate_pod_update}},
    {"Service",
     {.prepare_new = prepare_new_service,
      .apply_defaults = apply_service_defaults,
      .inherit = inherit_service,
      .validate = validate_service,
      .validate_update = validate_service_update}},
    {"ReplicaSet",
     {.prepare_new = prepare_new_replica_set,
      .apply_defaults = apply_replica_set_defaults,
      .validate = validate_replica_set,
      .validate_update = validate_replica_set_update,
      .validates_twice = true}},
    {"Job",
     {.prepare_new = prepare_new_job,
      .apply_defaults = apply_job_defaults,
      .inherit = inherit_job,
      .validate = validate_job,
      .validate_update = validate_job_update,
      .add_fields = add_job_fields}},
    {"EndpointSlice",
     {.apply_defaults = apply_endpoint_slice_defaults,
      .validate = validate_endpoint_slice,
      .validate_update = validate_endpoint_slice_update}},
    {"Ingress",
     {.prepare_new = prepare_new_ingress,
      .validate = validate_ingress,
      .validate_new = validate_new_ingress}},
    {"IngressClass",
     {.validate = validate_ingress_class, .validate_update = validate_ingress_class_update}},
    {"PodDisruptionBudget", {.prepare_new = prepare_new_budget, .validate = validate_budget}},
    {"CustomResourceDefinition",
     {.prepare_new = prepare_new_crd,
      .apply_defaults = apply_crd_defaults,
      .validate = validate_crd,
      .validate_update = validate_crd_update}},
};

}  // namespace

const BuiltinRules& builtin_rules(const ResourceType& type) {
  static const BuiltinRules none;
  if (type.custom) return none;
  const auto* found = std::ranges::find(kRules, type.kind, &KindRules::kind);
  return found == std::end(kRules) ? none : found->rules;
}

}  // namespace sluice::local
