#include "local/store/registry_pod.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr int64_t kGraceSeconds = 30;
constexpr int64_t kTolerationSeconds = 300;
constexpr int kFileMode = 0644;

void set_default(Json& object, const char* field, Json value) {
  if (!object.contains(field)) object[field] = std::move(value);
}

/// "Always" for images without a tag or with "latest", which may move.
std::string pull_policy_of(const std::string& image) {
  if (image.contains('@')) return "IfNotPresent";
  const size_t slash = image.rfind('/');
  const size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
  const bool moving = colon == std::string::npos || image.substr(colon + 1) == "latest";
  return moving ? "Always" : "IfNotPresent";
}

void apply_http_get_defaults(Json& handler) {
  if (!handler.contains("httpGet")) return;
  set_default(handler["httpGet"], "path", "/");
  set_default(handler["httpGet"], "scheme", "HTTP");
}

void apply_probe_defaults(Json& container, const char* probe) {
  if (!container.contains(probe)) return;
  Json& value = container[probe];
  set_default(value, "timeoutSeconds", 1);
  set_default(value, "periodSeconds", 10);
  set_default(value, "successThreshold", 1);
  set_default(value, "failureThreshold", 3);
  apply_http_get_defaults(value);
  if (value.contains("grpc")) set_default(value["grpc"], "service", "");
}

void apply_container_defaults(Json& container) {
  set_default(container, "imagePullPolicy", pull_policy_of(string_at(container, "image")));
  set_default(container, "terminationMessagePath", "/dev/termination-log");
  set_default(container, "terminationMessagePolicy", "File");
  set_default(container, "resources", Json::object());
  if (container.contains("ports"))
    for (Json& port : container["ports"]) set_default(port, "protocol", "TCP");
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"})
    apply_probe_defaults(container, probe);
  if (container.contains("lifecycle"))
    for (auto& [hook, handler] : container["lifecycle"].items()) apply_http_get_defaults(handler);
  if (!container.contains("env")) return;
  for (Json& variable : container["env"])
    if (find_path(variable, "valueFrom.fieldRef") != nullptr)
      set_default(variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
}

void apply_volume_defaults(Json& volume) {
  if (volume.size() == 1) volume["emptyDir"] = Json::object();  // Only a name.
  for (const char* source : {"configMap", "secret", "projected", "downwardAPI"})
    if (volume.contains(source) && volume[source].is_object())
      set_default(volume[source], "defaultMode", kFileMode);
  if (volume.contains("hostPath") && volume["hostPath"].is_object())
    set_default(volume["hostPath"], "type", "");
}

/// Where only limits are given, as much is requested.
void apply_request_defaults(Json& container) {
  const Json* limits = find_path(container, "resources.limits");
  if (limits == nullptr) return;
  const Json copy = *limits;
  for (const auto& [resource, quantity] : copy.items())
    set_default(container["resources"]["requests"], resource.c_str(), quantity);
}

Json toleration_of(const char* taint) {
  return {{"key", taint},
          {"operator", "Exists"},
          {"effect", "NoExecute"},
          {"tolerationSeconds", kTolerationSeconds}};
}

/// Adds what the real server's admission adds: pods outlast a node's hiccup by five minutes.
void apply_toleration_defaults(Json& spec) {
  for (const char* taint : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    bool tolerated = false;
    for (const Json& toleration : spec["tolerations"]) {
      tolerated = tolerated || string_at(toleration, "key") == taint ||
                  string_at(toleration, "key").empty();
    }
    if (!tolerated) spec["tolerations"].push_back(toleration_of(taint));
  }
}

/// BestEffort, Guaranteed or Burstable by the containers' cpu and memory.
std::string quality_of_service(const Json& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const Json& container : spec["containers"]) {
    const Json* limits = find_path(container, "resources.limits");
    const Json* requests = find_path(container, "resources.requests");
    for (const char* resource : {"cpu", "memory"}) {
      const bool limited = limits != nullptr && limits->contains(resource);
      const bool requested = requests != nullptr && requests->contains(resource);
      any = any || limited || requested;
      guaranteed =
          guaranteed && limited && (!requested || requests->at(resource) == limits->at(resource));
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace

void apply_pod_spec_defaults(Json& spec) {
  if (!spec.is_object()) return;
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "securityContext", Json::object());
  set_default(spec, "terminationGracePeriodSeconds", kGraceSeconds);
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    if (!spec.contains(list)) continue;
    for (Json& container : spec[list]) apply_container_defaults(container);
  }
  if (spec.contains("volumes"))
    for (Json& volume : spec["volumes"]) apply_volume_defaults(volume);
}

void apply_pod_defaults(Json& pod) {
  Json& spec = pod["spec"];
  if (spec.is_null()) spec = Json::object();
  if (!spec.contains("serviceAccountName") && spec.contains("serviceAccount"))
    spec["serviceAccountName"] = spec["serviceAccount"];
  set_default(spec, "serviceAccountName", "default");
  spec["serviceAccount"] = spec["serviceAccountName"];
  apply_pod_spec_defaults(spec);
  for (const char* list : {"containers", "initContainers"}) {
    if (!spec.contains(list)) continue;
    for (Json& container : spec[list]) apply_request_defaults(container);
  }
  set_default(spec, "enableServiceLinks", true);
  set_default(spec, "preemptionPolicy", "PreemptLowerPriority");
  set_default(spec, "priority", 0);
  set_default(spec, "tolerations", Json::array());
  apply_toleration_defaults(spec);
  if (!pod.contains("status")) return;
  if (!pod["status"].contains("conditions")) return;
  for (Json& condition : pod["status"]["conditions"]) {
    set_default(condition, "lastProbeTime", nullptr);
    set_default(condition, "lastTransitionTime", nullptr);
  }
}

void prepare_new_pod(Json& pod) {
  const Json* containers = find_path(pod, "spec.containers");
  const bool usable = containers != nullptr && containers->is_array();
  pod["status"] = {{"phase", "Pending"},
                   {"qosClass", usable ? quality_of_service(pod["spec"]) : "BestEffort"}};
}

int64_t grace_period_of(const Json& pod, const std::optional<int64_t>& asked) {
  const std::string phase = string_at(pod, "status.phase");
  if (string_at(pod, "spec.nodeName").empty() || phase == "Succeeded" || phase == "Failed")
    return 0;
  const int64_t period =
      asked ? *asked : int_at(pod, "spec.terminationGracePeriodSeconds", kGraceSeconds);
  return period < 0 ? 1 : period;
}

}  // namespace sluice::local
