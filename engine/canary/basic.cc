#include "engine/canary/basic.h"

#include "engine/canary/routed.h"
#include "engine/canary/steps.h"
#include "engine/former_routing.h"

#include <algorithm>

namespace sluice::engine::canary {
namespace {

Crew crew(const ReplicaSet* replica_set) {
  return {.spec = spec_replicas(replica_set), .available = serving(replica_set)};
}

/// Where the routing was taken out of the spec its routes may not have followed yet.
Crew old_crew(const Facts& facts, const ReplicaSet* replica_set) {
  Crew old = crew(replica_set);
  old.kept = is_behind_former(facts, replica_set->hash());
  return old;
}

Sized sized(const ReplicaSet* replica_set, int64_t replicas) {
  if (replica_set == nullptr) return {.pods = 0, .of = replicas};
  return {.pods = replica_set->spec_replicas,
          .of = replica_set->desired_replicas().value_or(replicas)};
}

/// While the Rollout is held other revisions keep their pods, and neither of its two grows into
/// their room.
Split beside_others(const Facts& facts, Split held) {
  int64_t others = 0;
  for (const ReplicaSet* other : facts.others) others += other->spec_replicas;
  if (others == 0) return held;
  const int64_t room = facts.replicas + facts.conduct.limits.max_surge - others;
  const int64_t current = spec_replicas(facts.current);
  const int64_t stable = spec_replicas(facts.stable);
  held.stable = std::min(held.stable, std::max(stable, room - current));
  held.canary = std::min(held.canary, std::max(current, room - held.stable));
  return held;
}

}  // namespace

Split basic_goal(const Draft& draft, int32_t index) {
  const Facts& facts = draft.facts;
  if (is_alone(draft.course())) return {.canary = facts.replicas, .stable = 0};
  const bool aborted = draft.course() == Course::Aborted;
  // Where the stable revision is lost its pods can be of no other one; whoever has none after an
  // abort is not brought back by that.
  if (facts.stable_lost && !(aborted && spec_replicas(facts.current) == 0))
    return {.canary = facts.replicas, .stable = 0};
  if (aborted) return {.canary = 0, .stable = facts.replicas};
  const int64_t weight = weight_in_force(facts.steps(), index, facts.total);
  const bool may_surge = facts.conduct.limits.max_surge > 0;
  return basic_split(facts.replicas, weight, facts.total, may_surge);
}

bool is_split_reached(const Draft& draft, int32_t index) {
  const Facts& facts = draft.facts;
  const Split goal = basic_goal(draft, index);
  const bool drained = std::all_of(facts.others.begin(), facts.others.end(),
                                   [](const ReplicaSet* rs) { return rs->spec_replicas == 0; });
  return drained && canary_ready(facts, goal.canary) &&
         spec_replicas(facts.current) == goal.canary && spec_replicas(facts.stable) == goal.stable;
}

Split plan_basic_hold(const Draft& draft) {
  const Facts& facts = draft.facts;
  const int64_t weight = is_alone(draft.course())
                             ? facts.total
                             : weight_in_force(facts.steps(), draft.index(), facts.total);
  const Split held =
      held_split(sized(facts.current, facts.replicas), sized(facts.stable, facts.replicas),
                 facts.replicas, weight, facts.total, facts.conduct.limits);
  return beside_others(facts, held);
}

BasicMove plan_basic_move(const Draft& draft) {
  const Facts& facts = draft.facts;
  const bool has_stable = !draft.promoted && facts.stable != nullptr;
  std::vector<Crew> old;
  for (const ReplicaSet* replica_set : draft.old_sets())
    old.push_back(old_crew(facts, replica_set));
  return next_basic_move(basic_goal(draft, draft.index()), crew(facts.current),
                         has_stable ? crew(facts.stable) : Crew{}, old, facts.replicas,
                         facts.conduct.limits);
}

}  // namespace sluice::engine::canary
