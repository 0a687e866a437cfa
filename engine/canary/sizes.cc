#include "engine/canary/sizes.h"

#include "engine/canary/basic.h"
#include "engine/canary/routed.h"
#include "engine/replica_set_plan.h"

#include <algorithm>

namespace sluice::engine::canary {
namespace {

/// spec.replicas is another one than when the size of the ReplicaSet was decided.
bool was_rescaled(const Facts& facts, const ReplicaSet& replica_set) {
  return replica_set.desired_replicas().value_or(facts.replicas) != facts.replicas;
}

/// What a routed revision keeps while the Rollout is held: a new one starts no pods, the others
/// follow the Rollout's size.
int64_t hold_routed(const Draft& draft, const ReplicaSet* replica_set, int64_t planned) {
  if (!draft.held()) return planned;
  const int64_t now = spec_replicas(replica_set);
  return now > 0 && was_rescaled(draft.facts, *replica_set) ? planned : now;
}

void plan_routed(Draft& draft) {
  const bool whole = !draft.facts.conduct.dynamic_stable_scale;
  const int64_t stable = routed_stable_size(draft);
  size_stable(draft, whole ? stable : hold_routed(draft, draft.facts.stable, stable));
  size_current(draft,
               draft.course() == Course::Aborted
                   ? retire_aborted(draft)
                   : Retirement{hold_routed(draft, draft.facts.current, routed_canary_size(draft)),
                                std::nullopt});
  retire_old_sets(draft);
}

void plan_basic(Draft& draft) {
  if (draft.held()) {
    const Split held = plan_basic_hold(draft);
    size_stable(draft, held.stable);
    size_current(draft, {held.canary, std::nullopt});
    return;
  }
  const BasicMove move = plan_basic_move(draft);
  const std::vector<const ReplicaSet*> old = draft.old_sets();
  size_stable(draft, move.stable);
  size_current(draft, {move.canary, std::nullopt});
  for (size_t i = 0; i < old.size(); ++i) size_old(draft, *old[i], {move.old[i], std::nullopt});
}

}  // namespace

void plan_sizes(Draft& draft) {
  if (draft.facts.traffic.routed)
    plan_routed(draft);
  else
    plan_basic(draft);
}

void plan_return(Draft& draft) {
  if (!draft.facts.traffic.routed) return plan_basic(draft);
  const int64_t before = spec_replicas(draft.facts.stable);
  size_stable(draft, std::max(before, routed_stable_size(draft)));
  grow_stand_in(draft);
}

}  // namespace sluice::engine::canary
