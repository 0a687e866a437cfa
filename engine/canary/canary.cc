#include "engine/canary/canary.h"

#include "engine/canary/routed.h"
#include "engine/canary/services.h"
#include "engine/canary/sizes.h"
#include "engine/canary/step_progress.h"
#include "engine/canary/traffic.h"
#include "engine/capacity.h"
#include "engine/former_routing.h"
#include "engine/replica_set_plan.h"
#include "engine/services_plan.h"
#include "engine/traffic_plan.h"

namespace sluice::engine::canary {
namespace {

bool is_canary_dark(const Facts& facts) {
  if (!facts.traffic.known || facts.traffic.most == 0) return false;
  const std::string& service = facts.conduct.trying_service;
  return service.empty() ? serving(carrier(facts)) == 0 : is_dark(facts, facts.service(service));
}

}  // namespace

void advance(Draft& draft) {
  advance_steps(draft);
  promote_when_done(draft);
  draft.stands_by_design = stands_by_design(draft);
}

void collect(Draft& draft) {
  draft.status.blue_green = {};
  plan_traffic(draft);
  plan_services(draft);
  plan_sizes(draft);
}

void collect_return(Draft& draft) {
  plan_traffic(draft);
  plan_services(draft);
  plan_return(draft);
}

void leave_dark(Draft& draft) {
  if (is_canary_dark(draft.facts))
    plan_traffic(draft);
  else if (is_former_dark(draft.facts))
    plan_former_traffic(draft);
  plan_for_lost_stable(draft);
  grow_stand_in(draft);
}

}  // namespace sluice::engine::canary
