#include "local/store/registry_pod.h"

#include "core/pod_check.h"
#include "core/pod_defaults.h"
#include "local/store/registry_defaults.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr int64_t kGraceSeconds = 30;
constexpr int64_t kTolerationSeconds = 300;

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

/// The spec without what an update may change.
Json fixed_part(const Json& spec) {
  Json out = spec;
  for (const char* field : {"activeDeadlineSeconds", "tolerations", "schedulingGates"})
    out.erase(field);
  for (const char* list : {"containers", "initContainers"}) {
    if (!out.contains(list)) continue;
    for (Json& container : out[list]) container.erase("image");
  }
  return out;
}

}  // namespace

void apply_pod_defaults(Json& pod) {
  Json& spec = pod["spec"];
  if (spec.is_null()) spec = Json::object();
  if (!spec.contains("serviceAccountName") && spec.contains("serviceAccount"))
    spec["serviceAccountName"] = spec["serviceAccount"];
  set_default(spec, "serviceAccountName", "default");
  spec["serviceAccount"] = spec["serviceAccountName"];
  core::apply_defaults(spec, core::find_shape("PodSpec"));
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

void apply_template_defaults(Json& pod_template) {
  set_default(pod_template, "metadata", Json::object());
  set_default(pod_template["metadata"], "creationTimestamp", nullptr);
  set_default(pod_template, "spec", Json::object());
  core::apply_defaults(pod_template, core::find_shape("PodTemplateSpec"));
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

ApiCauses validate_pod(const Json& pod) {
  return core::check_pod_spec(pod["spec"], "spec");
}

ApiCauses validate_pod_update(const Json& pod, const Json& old) {
  if (pod["spec"] == old["spec"]) return {};
  Json before = fixed_part(old["spec"]);
  const Json after = fixed_part(pod["spec"]);
  if (!before.contains("nodeName") && after.contains("nodeName"))
    before["nodeName"] = after["nodeName"];
  if (before == after) return {};
  return {forbidden_value("spec",
                          "pod updates may not change fields other than images, "
                          "`spec.activeDeadlineSeconds`, `spec.tolerations` and "
                          "`spec.terminationGracePeriodSeconds`: " +
                              dump_json(make_merge_patch(before, after)))};
}

}  // namespace sluice::local
