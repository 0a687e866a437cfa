#include "engine/traffic_plan.h"

#include "engine/former_routing.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

bool are_in_place(const Facts& facts, const crds::Routes& wanted) {
  const auto asks = [&](const RouterObservation& router) { return router.in_place(wanted); };
  return std::ranges::all_of(facts.snapshot->routers, asks) &&
         std::ranges::all_of(facts.snapshot->former_routers, asks);
}

void tell_former(Draft& draft, const std::vector<crds::FormerPair>& pairs) {
  const int64_t left = draft.facts.traffic.former;
  for (const crds::FormerPair& pair : pairs) {
    if (left <= pair.most) continue;
    draft.effect(kTrafficWeightUpdated,
                 fmt::format("Traffic of the former canary service '{}' goes back to '{}'",
                             pair.canary, pair.stable),
                 {{"service", pair.canary}, {"to", std::to_string(pair.most)}});
  }
}

}  // namespace

bool route(Draft& draft, crds::Routes wanted) {
  wanted.former = former_pairs(draft.facts);
  if (are_in_place(draft.facts, wanted)) return false;
  tell_former(draft, wanted.former);
  draft.act(SetTraffic{std::move(wanted)});
  return true;
}

void plan_former_traffic(Draft& draft) {
  route(draft, {.total = draft.facts.total});
}

}  // namespace sluice::engine
