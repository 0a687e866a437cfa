#pragma once

// What the routers of a Rollout are asked to do, as a value: which share of requests goes to which
// Service, and which requests go to the canary by their headers.

#include "crds/rollout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::traffic {

struct HeaderRoute {
  std::string name;
  std::vector<crds::HeaderMatch> match;

  bool operator==(const HeaderRoute&) const = default;
};

/// Weights are shares of `total`; canary_weight is in 0..total and the stable Service gets the
/// rest.
struct Routes {
  std::string canary_service;
  std::string stable_service;
  int64_t total = 100;
  int64_t canary_weight = 0;
  /// In the order in which they are tried; every managed route that is not listed is removed.
  std::vector<HeaderRoute> header_routes;
  /// The names that belong to the Rollout (trafficRouting.managedRoutes).
  std::vector<std::string> managed_routes;
};

}  // namespace sluice::traffic
