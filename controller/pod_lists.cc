#include "controller/pod_lists.h"

#include "base/log.h"
#include "base/object_condition.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace sluice::controller {
namespace {

/// Ready, and for as long as the ReplicaSet wants to have seen it.
bool is_available(const Json& pod, int32_t min_ready_seconds, SystemTime now) {
  const Json* status = find_path(pod, "status");
  const Json* ready = status == nullptr ? nullptr : find_condition(*status, "Ready");
  if (ready == nullptr || string_at(*ready, "status") != "True") return false;
  if (min_ready_seconds == 0) return true;
  const auto since = parse_time(string_at(*ready, "lastTransitionTime"));
  return since && *since + std::chrono::seconds(min_ready_seconds) <= now;
}

engine::Pod make_pod(const kube::Object& object, int32_t min_ready_seconds, SystemTime now) {
  const auto document = object.parse();
  return {.name = object.meta.name,
          .uid = object.meta.uid,
          .labels = object.meta.labels,
          .annotations = object.meta.annotations,
          .created_at = object.meta.creation_timestamp,
          .available = document && is_available(*document, min_ready_seconds, now),
          .deleting = object.meta.deletion_timestamp.has_value()};
}

std::string counts_of(const engine::Snapshot& snapshot, const std::set<std::string>& pods_of) {
  std::string counts;
  for (const engine::ReplicaSet& set : snapshot.replica_sets)
    if (pods_of.contains(set.name))
      counts += fmt::format("{} {} {}\n", set.name, set.replicas, set.available_replicas);
  return counts;
}

}  // namespace

PodLists::Pods PodLists::known(const ObjectKey& rollout) const {
  const auto found = entries_.find(rollout);
  if (found == entries_.end() || !found->second.current) return {};
  const Entry& entry = found->second;
  Pods pods = entry.pods;
  for (auto& [name, of_set] : pods) {
    for (engine::Pod& pod : of_set) {
      const auto refusal = entry.refusals.find(pod.uid);
      if (refusal == entry.refusals.end()) continue;
      pod.refusal = refusal->second.message;
      pod.ask_again = clock_.steady_now() - refusal->second.at >= kRefusedInterval;
    }
  }
  return pods;
}

std::optional<Duration> PodLists::follow(const ObjectKey& rollout, const engine::Snapshot& snapshot,
                                         const std::set<std::string>& pods_of,
                                         net::TaskGroup& tasks) {
  if (pods_of.empty()) {
    entries_.erase(rollout);
    return std::nullopt;
  }
  Entry& entry = entries_[rollout];
  if (entry.listing) return kLongestInterval;
  const SteadyTime now = clock_.steady_now();
  std::string counts = counts_of(snapshot, pods_of);
  const bool stale = !entry.current || counts != entry.counts;
  const Duration soon = entry.failed ? kFailedInterval : kShortestInterval;
  const Duration interval = stale ? soon : kLongestInterval;
  if (entry.listed && *entry.listed + interval > now) return *entry.listed + interval - now;
  std::vector<Target> targets;
  for (const engine::ReplicaSet& set : snapshot.replica_sets)
    if (pods_of.contains(set.name))
      targets.push_back({{set.name, set.uid, set.hash()}, snapshot.rollout.spec.min_ready_seconds});
  entry.listing = true;
  entry.listed = now;
  entry.counts = std::move(counts);
  tasks.spawn("list pods of " + rollout.name, look(rollout, std::move(targets), entry.writes));
  return kLongestInterval;
}

void PodLists::wrote(const ObjectKey& rollout) {
  const auto found = entries_.find(rollout);
  if (found == entries_.end()) return;
  ++found->second.writes;
  found->second.current = false;
}

void PodLists::refused(const ObjectKey& rollout, const std::string& uid,
                       const std::string& message) {
  const auto found = entries_.find(rollout);
  if (found != entries_.end()) found->second.refusals[uid] = {message, clock_.steady_now()};
}

net::asio::awaitable<void> PodLists::look(ObjectKey rollout, std::vector<Target> targets,
                                          uint64_t writes) {
  Result<Pods> found = co_await read(rollout.namespace_, std::move(targets));
  take_up(rollout, std::move(found), writes);
}

kube::Awaitable<Result<PodLists::Pods>> PodLists::read(std::string namespace_,
                                                       std::vector<Target> targets) {
  Pods pods;
  for (const Target& target : targets) {
    auto of_set = co_await read_set(namespace_, target);
    if (!of_set) co_return fail(of_set.error());
    pods.emplace(target.owner.name, *std::move(of_set));
  }
  co_return pods;
}

kube::Awaitable<Result<std::vector<engine::Pod>>> PodLists::read_set(std::string namespace_,
                                                                     Target target) {
  std::vector<engine::Pod> pods;
  std::string token;
  do {
    auto page = co_await read_pods(store_, namespace_, target.owner, kPageSize, std::move(token));
    if (!page) co_return fail(page.error());
    for (const kube::Object& object : page->pods)
      pods.push_back(make_pod(object, target.min_ready_seconds, clock_.system_now()));
    token = std::move(page->next);
  } while (!token.empty());
  co_return pods;
}

void PodLists::take_up(const ObjectKey& rollout, Result<Pods> found, uint64_t writes) {
  const auto known = entries_.find(rollout);
  if (known == entries_.end()) return;
  Entry& entry = known->second;
  entry.listing = false;
  entry.failed = !found;
  if (!found) {
    log_warn("pods cannot be listed",
             {{"rollout", rollout.to_string()}, {"error", found.error().message}});
  } else if (writes == entry.writes) {
    entry.pods = *std::move(found);
    entry.current = true;
  }
  changed_(rollout);
}

}  // namespace sluice::controller
