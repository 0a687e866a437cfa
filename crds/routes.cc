#include "crds/routes.h"

#include <algorithm>
#include <utility>

namespace sluice::crds {

const Destination& Routes::to(Role role) const {
  static const Destination nowhere;
  const auto found = std::ranges::find(destinations, role, &Destination::role);
  return found == destinations.end() ? nowhere : *found;
}

std::optional<Routing> routing_of(const CanaryStrategy& canary) {
  if (!canary.traffic_routing) return std::nullopt;
  return Routing{canary.stable_service, canary.canary_service, *canary.traffic_routing};
}

std::vector<Routing> former_routings(const Rollout& rollout) {
  std::vector<Routing> former = rollout.status.routings;
  if (const CanaryStrategy* canary = rollout.spec.canary())
    if (const auto now = routing_of(*canary)) std::erase(former, *now);
  return former;
}

int64_t total_of(const TrafficRouting& routing) {
  constexpr int64_t kDefault = 100;
  return std::max<int64_t>(routing.max_traffic_weight.value_or(kDefault), 1);
}

FormerPair former_pair(const Routing& routing) {
  return {.stable = routing.stable_service,
          .canary = routing.canary_service,
          .total = total_of(routing.traffic),
          .most = 0,
          .managed = routing.traffic.managed_routes};
}

Routes only_former(const Routes& routes) {
  return {.total = routes.total,
          .destinations = {},
          .header_routes = {},
          .managed = {},
          .former = routes.former};
}

Routes two_way_routes(std::string stable, std::string canary, int64_t total, int64_t weight) {
  Routes routes{.total = total};
  routes.destinations.push_back(
      {.role = Role::Canary, .service = std::move(canary), .weight = weight});
  routes.destinations.push_back(
      {.role = Role::Stable, .service = std::move(stable), .weight = total - weight});
  return routes;
}

}  // namespace sluice::crds
