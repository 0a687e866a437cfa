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

/// As many pods are available as their ReplicaSets say. A count that went down and up again between
/// two plans would else pass for one that did not change.
bool bear_out(const PodLists::Pods& pods, const engine::Snapshot& snapshot) {
  return std::ranges::all_of(snapshot.replica_sets, [&](const engine::ReplicaSet& set) {
    const auto found = pods.find(set.name);
    if (found == pods.end()) return true;
    return set.available_replicas == std::ranges::count_if(found->second, [](const auto& pod) {
             return pod.available && !pod.deleting;
           });
  });
}

}  // namespace

PodLists::Pods PodLists::known(const ObjectKey& rollout) const {
  const auto found = entries_.find(rollout);
  if (found == entries_.end() || !found->second.current) return {};
  const Entry& entry = found->second;
  Pods pods = entry.pods;
  for (auto& [name, of_set] : pods) {
    const auto hold = entry.holds.find(name);
    const bool kept = hold != entry.holds.end() && clock_.steady_now() < hold->second.until;
    for (engine::Pod& pod : of_set) {
      pod.kept = kept;
      if (const auto refusal = entry.refusals.find(pod.uid); refusal != entry.refusals.end())
        pod.refusal = refusal->second;
    }
  }
  return pods;
}

void PodLists::Entry::forget_refusals() {
  refusals.clear();
  holds.clear();
}

std::optional<Duration> PodLists::next_ask(const Entry& entry) const {
  const SteadyTime now = clock_.steady_now();
  std::optional<Duration> soonest;
  for (const auto& [name, hold] : entry.holds)
    if (hold.until > now) soonest = std::min(soonest.value_or(hold.until - now), hold.until - now);
  return soonest;
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
  if (counts != entry.counts_now) entry.forget_refusals();
  entry.counts_now = counts;
  const bool stale = !entry.current || counts != entry.counts || !bear_out(entry.pods, snapshot);
  const Duration soon = entry.failed ? kFailedInterval : kShortestInterval;
  const Duration interval = stale ? soon : kLongestInterval;
  if (entry.listed && *entry.listed + interval > now) {
    const Duration list = *entry.listed + interval - now;
    return std::min(list, next_ask(entry).value_or(list));
  }
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
  found->second.forget_refusals();
}

void PodLists::refused(const ObjectKey& rollout, const std::string& uid,
                       const std::string& message) {
  const auto found = entries_.find(rollout);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.refusals[uid] = message;
  const SteadyTime now = clock_.steady_now();
  for (const auto& [name, pods] : entry.pods) {
    if (std::ranges::find(pods, uid, &engine::Pod::uid) == pods.end()) continue;
    const auto [hold, fresh] = entry.holds.try_emplace(name);
    // Of several that are refused at once the first one counts.
    if (!fresh && now < hold->second.until) continue;
    if (!fresh)
      hold->second.interval = std::min(2 * hold->second.interval, kLongestRefusedInterval);
    hold->second.until = now + hold->second.interval;
  }
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
