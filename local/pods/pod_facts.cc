#include "local/pods/pod_facts.h"

#include "base/json_list.h"
#include "base/object_condition.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace sluice::local {

namespace {

constexpr const char* kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

}  // namespace

PodFacts decode_pod_facts(const Json& pod) {
  PodFacts facts;
  facts.phase = string_at(pod, "status.phase", "Pending");
  facts.node = string_at(pod, "spec.nodeName");
  facts.ip = string_at(pod, "status.podIP");
  const Json* status = find_path(pod, "status");
  const Json* ready = status == nullptr ? nullptr : find_condition(*status, "Ready");
  if (ready != nullptr) {
    facts.ready = string_at(*ready, "status") == "True";
    facts.ready_since = parse_time(string_at(*ready, "lastTransitionTime")).value_or(SystemTime{});
  }
  for (const Json& container : list_at(pod, "status.containerStatuses")) {
    facts.restarts = std::max(facts.restarts, static_cast<int>(int_at(container, "restartCount")));
    const auto ended = parse_time(string_at(container, "state.terminated.finishedAt"));
    if (ended) facts.finished_at = std::max(facts.finished_at, *ended);
  }
  for (const Json& container : list_at(pod, "spec.containers"))
    for (const Json& port : list_at(container, "ports"))
      facts.named_ports.emplace(string_at(port, "protocol", "TCP") + "/" + string_at(port, "name"),
                                static_cast<int>(int_at(port, "containerPort")));
  if (const Json* annotations = find_path(pod, "metadata.annotations");
      annotations != nullptr && annotations->is_object() && annotations->contains(kDeletionCost) &&
      annotations->at(kDeletionCost).is_string()) {
    facts.deletion_cost =
        std::strtoll(annotations->at(kDeletionCost).get<std::string>().c_str(), nullptr, 10);
  }
  return facts;
}

PodFactsMemo::PodFactsMemo(kube::WatchCache& pods) {
  pods.observe([this](const kube::WatchCache::Change& change) {
    if (change.after == nullptr && change.before != nullptr) by_uid_.erase(change.before->meta.uid);
  });
}

const PodFacts& PodFactsMemo::of(const kube::ObjectPtr& pod) {
  Entry& entry = by_uid_[pod->meta.uid];
  if (entry.resource_version.empty() || entry.resource_version != pod->meta.resource_version) {
    const Result<Json> document = pod->parse();
    entry.facts = document ? decode_pod_facts(*document) : PodFacts{};
    entry.resource_version = pod->meta.resource_version;
  }
  return entry.facts;
}

}  // namespace sluice::local
