#include "crds/routes.h"

#include <algorithm>
#include <utility>

namespace sluice::crds {
namespace {

constexpr char kBeforeSubset = '/';

Sides named_sides(const std::string& stable_service, const std::string& canary_service,
                  const TrafficRouting* routing) {
  if (routing == nullptr || !routing->subsets) return {stable_service, canary_service};
  const Subsets& subsets = *routing->subsets;
  return {subset_side(subsets.rule, subsets.stable), subset_side(subsets.rule, subsets.canary)};
}

}  // namespace

const Destination& Routes::to(Role role) const {
  static const Destination nowhere;
  const auto found = std::ranges::find(destinations, role, &Destination::role);
  return found == destinations.end() ? nowhere : *found;
}

Sides sides_of(const CanaryStrategy& canary) {
  return named_sides(canary.stable_service, canary.canary_service,
                     canary.traffic_routing ? &*canary.traffic_routing : nullptr);
}

Sides sides_of(const Routing& routing) {
  return named_sides(routing.stable_service, routing.canary_service, &routing.traffic);
}

std::string subset_side(const std::string& rule, const std::string& subset) {
  return rule + kBeforeSubset + subset;
}

bool is_subset(std::string_view side) {
  return side.find(kBeforeSubset) != std::string_view::npos;
}

std::string_view side_kind(std::string_view side) {
  return is_subset(side) ? "subset" : "service";
}

ObjectName side_object(const std::string& side) {
  if (!is_subset(side)) return {"Service", side};
  return {"DestinationRule", side.substr(0, side.find(kBeforeSubset))};
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
  Sides sides = sides_of(routing);
  return {.stable = std::move(sides.stable),
          .canary = std::move(sides.canary),
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
