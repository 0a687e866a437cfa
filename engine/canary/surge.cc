#include "engine/canary/surge.h"

#include "engine/canary/steps.h"
#include "engine/canary/strategy.h"
#include "engine/replica_math.h"

#include <algorithm>

namespace sluice::engine::canary {
namespace {

/// Pods that the two revisions of the update may have together.
int64_t room(const Facts& facts) {
  int64_t room = facts.replicas + facts.conduct.limits.max_surge;
  for (const ReplicaSet* other : facts.others) room -= other->spec_replicas;
  return room;
}

bool names_surge(const Facts& facts) {
  return facts.conduct.dynamic_stable_scale && strategy(facts).max_surge;
}

int64_t least_pods(const Facts& facts) {
  return strategy(facts).min_pods_per_replica_set.value_or(0);
}

/// By how much the stable revision may be smaller than its share.
int64_t spare(const Facts& facts, int64_t share) {
  return std::clamp<int64_t>(share - 1, 0, facts.conduct.limits.max_unavailable);
}

}  // namespace

bool is_surge_limited(const Draft& draft) {
  const Facts& facts = draft.facts;
  return names_surge(facts) && draft.course() == Course::Updating && facts.stable != nullptr &&
         scale_in_force(facts.steps(), draft.index()) == nullptr;
}

// 3 replicas with no surge at weight 67: 1 stable pod, and so 2 of the canary, which bear it,
// though 3 would be its share.
int64_t pods_within_surge(const Facts& facts, int64_t pods, int64_t weight) {
  if (!names_surge(facts)) return pods;
  const int64_t stable = routed_share(facts.replicas, facts.total - weight, facts.total, 0);
  const int64_t fitting = facts.replicas + facts.conduct.limits.max_surge - stable;
  return std::min(pods, std::max(fitting, std::max<int64_t>(least_pods(facts), 1)));
}

// The stable revision's pods that are about to come count like those that are about to go: 4
// replicas that become 12 at weight 25 with a surge of 1 have 9 stable pods and so 4 of the canary.
int64_t canary_within_surge(const Draft& draft, int64_t wanted, int64_t planned_stable) {
  const Facts& facts = draft.facts;
  const int64_t now = spec_replicas(facts.current);
  const int64_t stable = std::max<int64_t>(spec_replicas(facts.stable), planned_stable);
  // Where not even the first pod has room, nothing could ever move without it.
  const bool stuck = facts.conduct.limits.max_surge + spare(facts, stable) == 0;
  const int64_t least = std::max<int64_t>(least_pods(facts), stuck ? 1 : 0);
  const int64_t most = std::max(room(facts) - stable, least);
  return std::min(wanted, std::max(now, most));
}

int64_t stable_within_surge(const Draft& draft, int64_t share, int64_t canary_pods) {
  const Facts& facts = draft.facts;
  const int64_t next = std::min(canary_pods, spec_replicas(facts.current) + 1);
  return std::clamp(room(facts) - next, share - spare(facts, share), share);
}

int64_t carried_weight(const Facts& facts) {
  if (facts.replicas <= 0) return facts.total;
  const SurgeLimits& limits = facts.conduct.limits;
  // The last stable pod makes room for the last one of the canary.
  const bool last = spec_replicas(facts.stable) == 1 && limits.max_surge == 0;
  const int64_t pods = serving(facts.current) + (last ? limits.max_unavailable : 0);
  return std::min(facts.total, (pods * facts.total + facts.replicas - 1) / facts.replicas);
}

}  // namespace sluice::engine::canary
