#include "controller/routes.h"

#include <algorithm>
#include <utility>

namespace sluice::controller {
namespace {

engine::RouterState router_state(traffic::ObservedState state) {
  switch (state) {
    case traffic::ObservedState::Verified:
      return engine::RouterState::Verified;
    case traffic::ObservedState::Pending:
      return engine::RouterState::Pending;
    case traffic::ObservedState::Unsupported:
      return engine::RouterState::Unsupported;
    case traffic::ObservedState::Error:
      return engine::RouterState::Error;
  }
  return engine::RouterState::Error;
}

}  // namespace

crds::Routes routes_of(const crds::Rollout& rollout) {
  crds::Routes routes;
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (const auto routing = canary == nullptr ? std::nullopt : crds::routing_of(*canary)) {
    crds::Sides sides = crds::sides_of(*routing);
    routes = crds::two_way_routes(std::move(sides.stable), std::move(sides.canary),
                                  crds::total_of(routing->traffic), 0);
    routes.managed = routing->traffic.managed_routes;
  }
  for (const crds::Routing& former : crds::former_routings(rollout))
    routes.former.push_back(crds::former_pair(former));
  return routes;
}

engine::RouterObservation to_engine(std::string router, traffic::Observation observation,
                                    std::function<bool(const crds::Routes&)> in_place) {
  return {.router = std::move(router),
          .state = router_state(observation.state),
          .canary_weight = observation.canary_weight,
          .managed_routes = std::move(observation.managed_routes),
          .whole_mirrors = std::move(observation.whole_mirrors),
          .former_weight = observation.former_weight,
          .message = std::move(observation.message),
          .object = observation.object ? crds::ObjectName{observation.object->gvk.kind,
                                                          observation.object->key.name}
                                       : crds::ObjectName{},
          .in_place = std::move(in_place)};
}

std::optional<int64_t> moved_weight(const crds::Rollout& rollout,
                                    const std::vector<engine::Action>& actions) {
  constexpr int64_t kAll = 100;
  const crds::BlueGreenStrategy* blue_green = rollout.spec.blue_green();
  std::optional<int64_t> weight;
  for (const engine::Action& action : actions) {
    const auto* point = std::get_if<engine::PointService>(&action);
    if (const auto* traffic = std::get_if<engine::SetTraffic>(&action))
      weight = traffic->routes.canary().weight;
    else if (blue_green && point && point->name == blue_green->active_service)
      weight = point->hash == rollout.status.stable_rs ? 0 : kAll;
  }
  return weight;
}

bool takes_traffic_away(const engine::Action& action, const crds::RolloutStatus& status) {
  const auto* traffic = std::get_if<engine::SetTraffic>(&action);
  return status.abort || (traffic != nullptr && traffic->routes.canary().weight == 0);
}

bool retreats(const engine::Plan& plan) {
  return std::ranges::any_of(plan.actions, [&plan](const engine::Action& action) {
    return takes_traffic_away(action, plan.status);
  });
}

void withhold_weights(crds::RolloutStatus& status, const crds::RolloutStatus& before) {
  status.canary.weights = before.canary.weights;
  if (status.canary.weights) status.canary.weights->verified = false;
}

}  // namespace sluice::controller
