#pragma once

// Where a strategy sends traffic, as the spec says it and the status remembers it.

#include "base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::crds {

/// Which router, and its own settings as text: the router parses and validates them. `kind` is the
/// key under trafficRouting ("gatewayAPI", "istio", …) or, for plugins, the plugin's name.
struct RouterSpec {
  std::string kind;
  bool plugin = false;
  JsonText config;

  bool operator==(const RouterSpec& other) const;
};

/// Istio can tell two revisions of one Service apart: then two subsets of a DestinationRule select
/// their pods, and have the traffic instead of two Services.
struct Subsets {
  std::string rule;  ///< The DestinationRule, in the Rollout's namespace.
  std::string stable;
  std::string canary;

  bool operator==(const Subsets&) const = default;
};

struct TrafficRouting {
  std::vector<RouterSpec> routers;  ///< In the order in which they are applied.
  std::vector<std::string> managed_routes;
  std::optional<int64_t> max_traffic_weight;
  std::optional<Subsets> subsets;  ///< As the settings of Istio's router name them.

  bool operator==(const TrafficRouting&) const = default;
};

/// What of a strategy says where traffic goes: the routers, and the Services that they lead to.
struct Routing {
  std::string stable_service;
  std::string canary_service;
  TrafficRouting traffic;

  bool operator==(const Routing&) const = default;
};

}  // namespace sluice::crds
