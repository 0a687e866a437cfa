#include "controller/routes.h"

namespace sluice::controller {
namespace {

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
  crds::Routes routes;
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (const auto routing = canary == nullptr ? std::nullopt : crds::routing_of(*canary)) {
    routes = crds::two_way_routes(routing->stable_service, routing->canary_service,
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
          .state = to_engine(observation.state),
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

}  // namespace sluice::controller
