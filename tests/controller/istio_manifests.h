#pragma once

// The shop in a mesh of Istio: two Services, or two subsets of one, and the objects that split
// between them.

#include "base/json.h"

#include <string>
#include <vector>

namespace sluice::controller::test {

/// As a cluster with Istio has them.
std::vector<Json> istio_crds();

/// Splits between the Services shop-stable and shop-canary, or between the subsets stable and
/// canary of host shop.
Json shop_virtual_service();
Json subset_virtual_service();
/// With these subsets, and "legacy", which is somebody else's.
Json shop_destination_rule(const std::string& stable = "stable",
                           const std::string& canary = "canary");

/// trafficRouting for either.
Json host_routing();
Json subset_routing(const std::string& stable = "stable", const std::string& canary = "canary");

}  // namespace sluice::controller::test
