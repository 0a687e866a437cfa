#include "local/pods/replicaset_planner.h"

#include "local/pods/probe_spec.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <tuple>

namespace sluice::local {

namespace {

StringMap string_map_at(const Json& value, std::string_view path) {
  StringMap map;
  if (const Json* object = find_path(value, path); object != nullptr && object->is_object())
    for (const auto& [key, text] : object->items())
      map[key] = text.is_string() ? text.get<std::string>() : "";
  return map;
}

int phase_rank(const std::string& phase) {
  if (phase == "Running") return 2;
  return phase == "Unknown" ? 1 : 0;
}

bool is_active(const OwnedPod& pod) {
  return !pod.deleting && !pod.facts.finished();
}

bool has_labels(const ObjectMeta& meta, const StringMap& labels) {
  return std::all_of(labels.begin(), labels.end(),
                     [&](const auto& label) { return meta.label(label.first) == label.second; });
}

OwnerReference owner_of(const ObjectMeta& replicaset) {
  return {"apps/v1", "ReplicaSet", replicaset.name, replicaset.uid, true, true};
}

std::string owners_patch(const ObjectMeta& pod, const std::vector<OwnerReference>& owners) {
  Json list = Json::array();
  for (const OwnerReference& owner : owners) list.push_back(encode_owner_reference(owner));
  return dump_json({{"metadata", {{"uid", pod.uid}, {"ownerReferences", std::move(list)}}}});
}

}  // namespace

Result<ReplicaSetSpec> decode_replicaset(const ObjectMeta& meta, const Json& document) {
  const Json* selector = find_path(document, "spec.selector");
  if (selector == nullptr) return fail(invalid("spec.selector: Required value"));
  ReplicaSetSpec spec;
  spec.meta = meta;
  spec.replicas = static_cast<int>(std::clamp<int64_t>(int_at(document, "spec.replicas", 1), 0,
                                                       std::numeric_limits<int>::max()));
  spec.min_ready = seconds_at(document, "spec.minReadySeconds");
  spec.selector = decode_label_selector(*selector);
  spec.template_labels = string_map_at(document, "spec.template.metadata.labels");
  return spec;
}

bool goes_first(const OwnedPod& a, const OwnedPod& b) {
  const auto rank = [](const OwnedPod& pod) {
    // Ready times and creation times count backwards: the younger goes first.
    const SystemTime ready_since = pod.facts.ready ? pod.facts.ready_since : SystemTime{};
    return std::tuple(!pod.facts.node.empty(), phase_rank(pod.facts.phase), pod.facts.ready,
                      pod.facts.deletion_cost, -ready_since.time_since_epoch(), -pod.facts.restarts,
                      -pod.meta.creation_timestamp.time_since_epoch(), pod.meta.name);
  };
  return rank(a) < rank(b);
}

ReplicaSetPlan plan_replicaset(const ReplicaSetSpec& spec, const std::vector<OwnedPod>& pods,
                               SystemTime now) {
  ReplicaSetPlan plan;
  std::vector<OwnedPod> active;
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(active), is_active);
  for (const OwnedPod& pod : active) {
    ++plan.status.replicas;
    plan.status.fully_labeled += has_labels(pod.meta, spec.template_labels) ? 1 : 0;
    if (!pod.facts.ready) continue;
    ++plan.status.ready;
    const Duration left = pod.facts.ready_since + spec.min_ready - now;
    if (spec.min_ready == Duration{} || left <= Duration{})
      ++plan.status.available;
    else if (!plan.wake_after || left < *plan.wake_after)
      plan.wake_after = left;
  }
  if (spec.meta.deletion_timestamp) return plan;
  const int missing = spec.replicas - static_cast<int>(active.size());
  plan.create = std::clamp(missing, 0, kReplicaSetBurst);
  if (missing < 0) {
    std::sort(active.begin(), active.end(), goes_first);
    active.resize(static_cast<size_t>(std::min(-missing, kReplicaSetBurst)));
    for (const OwnedPod& pod : active) plan.remove.push_back(pod.meta);
  }
  return plan;
}

std::string adopt_patch(const ObjectMeta& pod, const ObjectMeta& replicaset) {
  std::vector<OwnerReference> owners = pod.owner_references;
  owners.push_back(owner_of(replicaset));
  return owners_patch(pod, owners);
}

std::string release_patch(const ObjectMeta& pod, const ObjectMeta& replicaset) {
  std::vector<OwnerReference> owners = pod.owner_references;
  std::erase_if(owners, [&](const OwnerReference& owner) { return owner.uid == replicaset.uid; });
  return owners_patch(pod, owners);
}

Json render_replicaset_status(const ReplicaSetStatus& status, int64_t generation,
                              const std::string& failure, SystemTime now) {
  Json json{{"replicas", status.replicas},
            {"fullyLabeledReplicas", status.fully_labeled},
            {"readyReplicas", status.ready},
            {"availableReplicas", status.available},
            {"observedGeneration", generation}};
  if (!failure.empty()) {
    json["conditions"] = Json::array({{{"type", "ReplicaFailure"},
                                       {"status", "True"},
                                       {"reason", "FailedCreate"},
                                       {"message", failure},
                                       {"lastTransitionTime", format_time(now)}}});
  }
  return json;
}

}  // namespace sluice::local
