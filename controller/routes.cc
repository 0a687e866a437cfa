#include "controller/routes.h"

namespace sluice::controller {
namespace {

constexpr int64_t kDefaultTotal = 100;

engine::RouterState to_engine(traffic::ObservedState state) {
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

traffic::Routes routes_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy& canary = *rollout.spec.canary();
  traffic::Routes routes{.canary_service = canary.canary_service,
                         .stable_service = canary.stable_service};
  if (canary.traffic_routing) {
    routes.total = canary.traffic_routing->max_traffic_weight.value_or(kDefaultTotal);
    routes.managed_routes = canary.traffic_routing->managed_routes;
  }
  return routes;
}

traffic::Routes routes_of(const crds::Rollout& rollout, const engine::SetTraffic& action) {
  traffic::Routes routes = routes_of(rollout);
  routes.total = action.total;
  routes.canary_weight = action.canary.weight;
  for (const engine::HeaderRoute& route : action.header_routes)
    routes.header_routes.push_back({route.name, route.match});
  return routes;
}

engine::RouterObservation to_engine(std::string router, traffic::Observation observation) {
  return {.router = std::move(router),
          .state = to_engine(observation.state),
          .canary_weight = observation.canary_weight,
          .managed_routes = std::move(observation.header_routes),
          .message = std::move(observation.message)};
}

}  // namespace sluice::controller
