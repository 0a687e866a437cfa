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

crds::Routes routes_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy& canary = *rollout.spec.canary();
  const auto& routing = canary.traffic_routing;
  const int64_t total =
      routing ? routing->max_traffic_weight.value_or(kDefaultTotal) : kDefaultTotal;
  crds::Routes routes =
      crds::two_way_routes(canary.stable_service, canary.canary_service, total, 0);
  if (routing) routes.managed = routing->managed_routes;
  return routes;
}

engine::RouterObservation to_engine(std::string router, traffic::Observation observation,
                                    std::function<bool(const crds::Routes&)> in_place) {
  return {.router = std::move(router),
          .state = to_engine(observation.state),
          .canary_weight = observation.canary_weight,
          .managed_routes = std::move(observation.header_routes),
          .message = std::move(observation.message),
          .in_place = std::move(in_place)};
}

}  // namespace sluice::controller
