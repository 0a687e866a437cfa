#include "local/prometheus_targets.h"

#include "base/json_list.h"
#include "base/letter_case.h"
#include "base/object_condition.h"
#include "base/object_meta.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice::local {
namespace {

constexpr std::string_view kMeta = "__meta_kubernetes_";

/// Prometheus' strutil.SanitizeLabelName: what may not stand in a label's name becomes "_".
std::string label_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; },
      '_');
  return text;
}

/// Collects the labels of one target group.
class Labels {
 public:
  void set(std::string_view name, std::string value) {
    labels_[std::string(kMeta) + std::string(name)] = std::move(value);
  }

  /// "pod_label_app" with the value, and "pod_labelpresent_app".
  void set_map(const std::string& prefix, const StringMap& map) {
    for (const auto& [key, value] : map) {
      set(prefix + "_" + label_name(key), value);
      set(prefix + "present_" + label_name(key), "true");
    }
  }

  const Json& json() const { return labels_; }

 private:
  Json labels_ = Json::object();
};

/// "true", "false" or "unknown", as the role writes the condition Ready.
std::string readiness(const Json& pod) {
  const Json* status = find_path(pod, "status");
  const Json* ready = status == nullptr ? nullptr : find_condition(*status, "Ready");
  return ready == nullptr ? "unknown" : lower_case(string_at(*ready, "status", "unknown"));
}

Labels pod_labels(const Json& pod, const ObjectMeta& meta) {
  Labels labels;
  labels.set("namespace", meta.namespace_);
  labels.set("pod_name", meta.name);
  labels.set("pod_ip", string_at(pod, "status.podIP"));
  labels.set("pod_ready", readiness(pod));
  labels.set("pod_phase", string_at(pod, "status.phase"));
  labels.set("pod_node_name", string_at(pod, "spec.nodeName"));
  labels.set("pod_host_ip", string_at(pod, "status.hostIP"));
  labels.set("pod_uid", meta.uid);
  labels.set_map("pod_label", meta.labels);
  labels.set_map("pod_annotation", meta.annotations);
  if (const OwnerReference* controller = meta.controller()) {
    labels.set("pod_controller_kind", controller->kind);
    labels.set("pod_controller_name", controller->name);
  }
  return labels;
}

Json group(const std::string& target, const Labels& labels) {
  return {{"targets", {target}}, {"labels", labels.json()}};
}

/// The container's targets; `init` containers keep their ports too, as with the role.
void add_container(const Json& container, bool init, const std::string& address, Labels labels,
                   Json& groups) {
  labels.set("pod_container_name", string_at(container, "name"));
  labels.set("pod_container_image", string_at(container, "image"));
  labels.set("pod_container_init", init ? "true" : "false");
  const Json& ports = list_at(container, "ports");
  if (ports.empty()) groups.push_back(group(address, labels));
  for (const Json& port : ports) {
    const int64_t number = int_at(port, "containerPort");
    Labels of_port = labels;
    of_port.set("pod_container_port_name", string_at(port, "name"));
    of_port.set("pod_container_port_number", std::to_string(number));
    of_port.set("pod_container_port_protocol", string_at(port, "protocol", "TCP"));
    groups.push_back(group(fmt::format("{}:{}", address, number), of_port));
  }
}

void add_pod(const Json& pod, Json& groups) {
  const Json* metadata = find_path(pod, "metadata");
  if (metadata == nullptr) return;
  const Result<ObjectMeta> meta = decode_object_meta(*metadata);
  const std::string address = string_at(pod, "status.podIP");
  const std::string phase = string_at(pod, "status.phase");
  if (!meta || address.empty() || phase == "Succeeded" || phase == "Failed") return;
  const Labels labels = pod_labels(pod, *meta);
  for (const auto& [path, init] :
       {std::pair("spec.containers", false), std::pair("spec.initContainers", true)})
    for (const Json& container : list_at(pod, path))
      add_container(container, init, address, labels, groups);
}

/// The pod's groups with commas between them.
std::string render_groups(const std::string& text) {
  Json groups = Json::array();
  if (const Result<Json> pod = parse_json(text)) add_pod(*pod, groups);
  const std::string list = dump_json(groups);
  return list.substr(1, list.size() - 2);
}

}  // namespace

std::string PrometheusTargets::render(const std::vector<JsonText>& pods) {
  std::string list;
  for (const JsonText& text : pods) {
    if (!text) continue;
    const std::string& groups = groups_of(text);
    if (!list.empty() && !groups.empty()) list += ',';
    list += groups;
  }
  std::erase_if(rendered_, [](const auto& known) { return known.first.use_count() == 1; });
  return "[" + list + "]";
}

const std::string& PrometheusTargets::groups_of(const JsonText& pod) {
  const auto [slot, is_new] = rendered_.try_emplace(pod);
  if (is_new) slot->second = render_groups(*pod);
  return slot->second;
}

}  // namespace sluice::local
