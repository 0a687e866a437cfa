#include "controller/pod_looks.h"

#include "base/log.h"
#include "controller/pod_trouble.h"
#include "engine/waits.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::controller {

const PodLooks::Troubles& PodLooks::seen(const ObjectKey& rollout) const {
  static const Troubles none;
  const auto found = entries_.find(rollout);
  return found == entries_.end() ? none : found->second.troubles;
}

std::optional<Duration> PodLooks::follow(const ObjectKey& rollout, const engine::Snapshot& snapshot,
                                         const std::vector<crds::Wait>& waits,
                                         net::TaskGroup& tasks) {
  std::vector<PodOwner> targets;
  for (const engine::ReplicaSet& set : snapshot.replica_sets) {
    const bool waited = std::any_of(waits.begin(), waits.end(), [&](const crds::Wait& wait) {
      return engine::is_about_pods(wait) && wait.object.name == set.name;
    });
    if (waited && !set.deleting) targets.push_back({set.name, set.uid, set.hash()});
  }
  if (targets.empty()) {
    entries_.erase(rollout);
    return std::nullopt;
  }
  const SteadyTime now = clock_.steady_now();
  const auto [found, added] = entries_.try_emplace(rollout, Entry{.due = now + kFirstLook});
  Entry& entry = found->second;
  if (entry.due > now) return entry.due - now;
  if (!entry.looking && looking_ < kLooksAtOnce) {
    entry.looking = true;
    ++looking_;
    entry.due = now + entry.interval;
    entry.interval = std::min(2 * entry.interval, kLongestInterval);
    tasks.spawn("look at pods of " + rollout.name, look(rollout, std::move(targets)));
  }
  return kShortestInterval;
}

net::asio::awaitable<void> PodLooks::look(ObjectKey rollout, std::vector<PodOwner> targets) {
  Result<Troubles> found = co_await read(rollout.namespace_, std::move(targets));
  --looking_;
  take_up(rollout, std::move(found));
}

kube::Awaitable<Result<PodLooks::Troubles>> PodLooks::read(std::string namespace_,
                                                           std::vector<PodOwner> targets) {
  Troubles troubles;
  for (const PodOwner& target : targets) {
    const auto page = co_await read_pods(store_, namespace_, target, kPodsLookedAt);
    if (!page) co_return fail(page.error());
    std::vector<Json> pods;
    for (const kube::Object& object : page->pods)
      if (auto document = object.parse()) pods.push_back(*std::move(document));
    if (auto trouble = find_pod_trouble(pods)) troubles.emplace(target.name, *std::move(trouble));
  }
  co_return troubles;
}

void PodLooks::take_up(const ObjectKey& rollout, Result<Troubles> found) {
  const auto known = entries_.find(rollout);
  if (known == entries_.end()) return;
  Entry& entry = known->second;
  entry.looking = false;
  if (!found) {
    const bool forbidden = found.error().code == ErrorCode::Forbidden;
    log(forbidden ? LogLevel::Warn : LogLevel::Debug, "pods cannot be looked at",
        {{"rollout", rollout.to_string()}, {"error", found.error().message}});
    if (forbidden) entry.due = clock_.steady_now() + kForbiddenInterval;
    return;
  }
  for (auto& [name, trouble] : *found) {
    const auto before = entry.troubles.find(name);
    if (before != entry.troubles.end()) trouble = fuller(before->second, std::move(trouble));
  }
  if (*found == entry.troubles) return;
  entry.troubles = *std::move(found);
  entry.interval = kShortestInterval;
  changed_(rollout);
}

}  // namespace sluice::controller
