#include "engine/canary/traffic.h"

#include "engine/canary/routed.h"
#include "engine/canary/steps.h"
#include "engine/canary/strategy.h"
#include "engine/reasons.h"
#include "engine/traffic_plan.h"
#include "engine/waits.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine::canary {
namespace {

/// Puts in the managed routes that the steps have set. They lead to the new revision and nowhere
/// else, and only while somebody there can answer.
void want_managed_routes(const Draft& draft, crds::Routes& routes) {
  const Facts& facts = draft.facts;
  routes.managed = facts.conduct.routing->managed_routes;
  const bool reachable = canary_side_is_current(facts) && serving(facts.current) > 0;
  if (!is_underway(draft.course()) || !reachable) return;
  const int32_t index = draft.index();
  routes.header_routes = header_routes_in_force(facts.steps(), index, routes.managed);
  routes.mirror_routes = mirror_routes_in_force(facts.steps(), index, routes.managed);
}

/// Whom the canary's weight is for: while an earlier revision is still behind the canary Service,
/// it has what weight is left.
std::string canary_hash(const Facts& facts, int64_t weight) {
  const ReplicaSet* behind = carrier(facts);
  return weight == 0 || behind == nullptr || behind == facts.current ? facts.hash : behind->hash();
}

crds::Routes wanted_routes(const Draft& draft, int64_t weight) {
  const Facts& facts = draft.facts;
  crds::Routes routes = crds::two_way_routes(facts.conduct.serving_service,
                                             facts.conduct.trying_service, facts.total, weight);
  for (crds::Destination& to : routes.destinations)
    to.hash = to.role == crds::Role::Canary ? canary_hash(facts, weight) : draft.status.stable_rs;
  want_managed_routes(draft, routes);
  return routes;
}

/// The status names Services, as Argo does.
crds::WeightDestination shown(const crds::Destination& to, const std::string& service) {
  return {to.weight, service, to.hash};
}

/// Nothing where no router can tell; false until all of them do what is asked.
std::optional<bool> verified(const Facts& facts, const crds::Routes& wanted) {
  if (!facts.traffic.confirms(wanted.canary().weight)) return false;
  const auto& routers = facts.snapshot->routers;
  const bool any = std::any_of(routers.begin(), routers.end(), [](const auto& router) {
    return router.state == RouterState::Verified;
  });
  return any ? std::optional(true) : std::nullopt;
}

/// Why the stable side cannot have the traffic.
std::string lack_of(const Facts& facts, const ReplicaSet* bearer, const crds::Wait& cause) {
  if (bearer != nullptr) return cause.message;
  const std::string& service = facts.conduct.serving_service;
  return facts.lacks(service) ? fmt::format("{} {} is missing", crds::side_kind(service), service)
                              : "the stable side has no ReplicaSet";
}

void explain(Draft& draft, const CanaryWeight& weight) {
  const Facts& facts = draft.facts;
  if (weight.hand_over_end) {
    draft.wake(*weight.hand_over_end);
    draft.wait({.reason = std::string(kWaitingForTraffic),
                .message = fmt::format("both Services select the same revision; canary weight "
                                       "stays at {} until {}, when the gateways have followed",
                                       weight.now, format_time(*weight.hand_over_end)),
                .observed = fmt::format("weight {}", weight.now),
                .wanted = fmt::format("weight {}", weight.wanted),
                .next_look = weight.hand_over_end});
  } else if (weight.now > weight.wanted) {
    const ReplicaSet* bearer = facts.conduct.serving_service.empty()
                                   ? facts.stable
                                   : facts.find(facts.serving_service().selector_hash);
    const crds::Wait cause = for_pods(facts, bearer, facts.replicas);
    draft.wait({.reason = std::string(kStableLacksCapacity),
                .message = fmt::format("canary weight stays at {} instead of {}: {}", weight.now,
                                       weight.wanted, lack_of(facts, bearer, cause)),
                .object = bearer == nullptr ? crds::ObjectName{} : cause.object,
                .observed = fmt::format("weight {}", weight.now),
                .wanted = fmt::format("weight {}", weight.wanted)});
  }
  for (const RouterObservation& router : facts.snapshot->routers)
    if (router.state == RouterState::Error) draft.wait(for_router(router));
}

void announce_change(Draft& draft, int64_t weight) {
  const auto& before = draft.facts.before().canary.weights;
  const int64_t from = before ? before->canary.weight : 0;
  if (from == weight) return;
  draft.effect(kTrafficWeightUpdated,
               fmt::format("Traffic weight updated from {} to {}", from, weight),
               {{"from", std::to_string(from)}, {"to", std::to_string(weight)}});
}

/// The split between the Services of today, and what the status says of it.
crds::Routes plan_split(Draft& draft) {
  const CanaryWeight weight = canary_weight(draft);
  crds::Routes wanted = wanted_routes(draft, weight.now);
  explain(draft, weight);
  const crds::CanaryStrategy& named = strategy(draft.facts);
  draft.status.canary.weights = crds::TrafficWeights{shown(wanted.canary(), named.canary_service),
                                                     shown(wanted.stable(), named.stable_service),
                                                     verified(draft.facts, wanted)};
  return wanted;
}

}  // namespace

void plan_traffic(Draft& draft) {
  if (!draft.facts.traffic.routed) {
    draft.status.canary.weights.reset();
    route(draft, {});
    return;
  }
  const crds::Routes wanted = plan_split(draft);
  if (route(draft, wanted)) announce_change(draft, wanted.canary().weight);
}

}  // namespace sluice::engine::canary
