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
  return stable_is_dead && canary_ready(facts, spec_replicas(facts.current));
}

Move canary_service_move(const Draft& draft) {
  return may_move_canary_service(draft) ? Move::Now : Move::WithoutTraffic;
}

Move stable_service_move(const Draft& draft) {
  const Facts& facts = draft.facts;
  return draft.promoted && !canary_ready(facts, pods_of_users(facts)) ? Move::WithMorePods
                                                                      : Move::Now;
}

}  // namespace

void plan_services(Draft& draft) {
  const Facts& facts = draft.facts;
  plan_former_services(draft, draft.home());
  const Conduct& conduct = facts.conduct;
  for (const std::string* name : {&conduct.serving_service, &conduct.serving_twin})
    plan_service(draft, *name, draft.home(), stable_service_move(draft));
  const ReplicaSet* canary = draft.course() == Course::Aborted ? facts.stable : facts.current;
  for (const std::string* name : {&conduct.trying_service, &conduct.trying_twin})
    plan_service(draft, *name, canary, canary_service_move(draft));
}

}  // namespace sluice::engine::canary
