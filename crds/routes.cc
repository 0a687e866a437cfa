#include "crds/routes.h"

#include <algorithm>
#include <utility>

namespace sluice::crds {

const Destination& Routes::to(Role role) const {
  static const Destination nowhere;
  const auto found = std::ranges::find(destinations, role, &Destination::role);
  return found == destinations.end() ? nowhere : *found;
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
