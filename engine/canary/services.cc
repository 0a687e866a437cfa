#include "engine/canary/services.h"

#include "engine/canary/routed.h"
#include "engine/capacity.h"
#include "engine/former_routing.h"
#include "engine/services_plan.h"

namespace sluice::engine::canary {
namespace {

/// With routing the canary Service must have no traffic while it moves. There are two exceptions.
/// On abort it moves at once, unless stable was scaled down: that takes the traffic off the bad
/// revision even if a router is slow, or its route has lost a backend. And where the stable
/// revision is dead, no weight can be given back before it moves.
bool may_move_canary_service(const Draft& draft) {
  const Facts& facts = draft.facts;
  const bool former = has_former_traffic(facts, facts.conduct.trying_service);
  if (!former && (!facts.traffic.routed || facts.traffic.confirms(0))) return true;
  if (draft.course() == Course::Aborted)
    return !facts.conduct.dynamic_stable_scale || (!facts.traffic.known && bears_all(facts));
  const bool stable_is_dead = stable_side_serving(facts).value_or(1) == 0;
  return stable_is_dead && canary_ready(facts, spec_replicas(facts.fresh));
}

}  // namespace

void plan_services(Draft& draft) {
  const Facts& facts = draft.facts;
  const ReplicaSet* stable = draft.course() == Course::First ? facts.fresh : draft.stable();
  plan_former_services(draft, stable);
  plan_service(draft, facts.conduct.serving_service, stable, true);
  const ReplicaSet* canary = draft.course() == Course::Aborted ? facts.stable : facts.fresh;
  plan_service(draft, facts.conduct.trying_service, canary, may_move_canary_service(draft));
}

}  // namespace sluice::engine::canary
