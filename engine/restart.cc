#include "engine/restart.h"

#include "engine/reasons.h"
#include "engine/waits.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

namespace sluice::engine {
namespace {

/// The pods of the revisions that are restarted.
struct Tally {
  int64_t wanted = 0;
  int64_t available = 0;
  /// Those to be replaced: first what costs nothing, then what has not been refused yet, so that
  /// each has its turn; of the same, the stable revision's first.
  std::vector<const Pod*> old;
  std::string replica_set;  ///< Of the first one.
};

std::optional<SystemTime> due(const Draft& draft) {
  const auto& at = draft.facts.rollout().spec.restart_at;
  return at && at > draft.status.restarted_at ? at : std::nullopt;
}

std::vector<const ReplicaSet*> restarted_sets(const Draft& draft) {
  std::vector<const ReplicaSet*> sets;
  for (const ReplicaSet* set : {draft.stable(), draft.facts.current})
    if (set != nullptr && set->spec_replicas > 0 && std::ranges::find(sets, set) == sets.end())
      sets.push_back(set);
  return sets;
}

/// Nothing until the pods of all of them are known.
std::optional<Tally> count(const Snapshot& snapshot, const std::vector<const ReplicaSet*>& sets,
                           SystemTime at) {
  Tally tally;
  for (const ReplicaSet* set : sets) {
    const auto pods = snapshot.pods.find(set->name);
    if (pods == snapshot.pods.end()) return std::nullopt;
    tally.wanted += set->spec_replicas;
    for (const Pod& pod : pods->second) {
      if (pod.deleting) continue;
      tally.available += pod.available ? 1 : 0;
      if (pod.created_at >= at) continue;
      if (tally.old.empty()) tally.replica_set = set->name;
      tally.old.push_back(&pod);
    }
  }
  std::ranges::stable_sort(tally.old, [](const Pod* left, const Pod* right) {
    return std::tuple(left->available, !left->refusal.empty()) <
           std::tuple(right->available, !right->refusal.empty());
  });
  return tally;
}

void evict(Draft& draft, const Tally& tally) {
  const int64_t may_lack = std::max<int64_t>(draft.facts.conduct.limits.max_unavailable, 1);
  int64_t budget = may_lack - (tally.wanted - tally.available);
  size_t evictions = 0;
  for (const Pod* pod : tally.old) {
    if (evictions == kEvictionsAtOnce || (pod->available && budget <= 0)) break;
    if (pod->kept) continue;
    if (pod->available) --budget;
    draft.act(EvictPod{pod->name, pod->uid});
    ++evictions;
  }
}

void explain(Draft& draft, const Tally& tally, SystemTime at) {
  draft.wait({.reason = std::string(kWaitingForRestart),
              .message = fmt::format("rollout is restarting: {} pods are older than {}",
                                     tally.old.size(), format_time(at)),
              .object = {"ReplicaSet", tally.replica_set},
              .observed = fmt::format("{} older pods", tally.old.size()),
              .wanted = "0 older pods"});
  const auto refused =
      std::ranges::find_if(tally.old, [](const Pod* pod) { return !pod->refusal.empty(); });
  if (refused == tally.old.end()) return;
  draft.wait(
      {.reason = std::string(kEvictionRefused),
       .message = fmt::format("pod {} is not evicted: {}", (*refused)->name, (*refused)->refusal),
       .object = {"Pod", (*refused)->name}});
}

/// What was said of the restart before, until the pods have been looked at. A refusal is not said
/// again: they are looked at anew because one of them went.
void explain_as_before(Draft& draft) {
  const auto& waits = draft.facts.before().waiting_for;
  const auto known = std::ranges::find(waits, std::string(kWaitingForRestart), &crds::Wait::reason);
  if (known != waits.end()) return draft.wait(*known);
  draft.wait(kWaitingForRestart, "rollout is restarting: its pods are looked at");
}

/// A pod that does not come holds the restart up.
void wait_for_pods(Draft& draft, const std::vector<const ReplicaSet*>& sets) {
  for (const ReplicaSet* set : sets)
    if (serving(set) < set->spec_replicas)
      draft.wait(for_pods(draft.facts, set, set->spec_replicas));
}

}  // namespace

void plan_restart(Draft& draft) {
  const std::optional<SystemTime> at = due(draft);
  if (!at) return;
  if (*at > draft.facts.now()) return draft.wake(*at);
  const std::vector<const ReplicaSet*> sets = restarted_sets(draft);
  for (const ReplicaSet* set : sets) draft.pods_of.insert(set->name);
  const std::optional<Tally> tally = count(*draft.facts.snapshot, sets, *at);
  if (!tally) return explain_as_before(draft);
  if (tally->old.empty()) {
    draft.status.restarted_at = at;
    draft.news(kRolloutRestarted,
               fmt::format("Restarted: no pod that users have, or are to have, is older than {}",
                           format_time(*at)),
               {{"restartAt", format_time(*at)}});
    return;
  }
  evict(draft, *tally);
  explain(draft, *tally, *at);
  wait_for_pods(draft, sets);
}

void outdate_restart(Draft& draft) {
  const std::optional<SystemTime> at = due(draft);
  if (at && *at <= draft.facts.now()) draft.status.restarted_at = at;
}

}  // namespace sluice::engine
