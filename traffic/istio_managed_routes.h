#pragma once

// The managed HTTP routes of a Rollout in a VirtualService. Each is a copy of a route that splits,
// for some of its requests, with all that the route says of them: time-outs, retries, rewrites. A
// header route leads to the canary alone; a mirror route splits as its original does, and sends
// copies to the canary. Pure, on JSON values.

#include "base/error.h"
#include "base/json.h"
#include "traffic/istio_reader.h"

#include <vector>

namespace sluice::traffic {

struct ManagedIstioRoutes {
  Json routes = Json::array();  ///< In the order in which they are tried.
  std::vector<Error> faults;    ///< What keeps one from being made.
};

/// Of all routes of `http` that split; `http` has the weights already, and no managed route.
ManagedIstioRoutes managed_istio_routes(const Json& http, const IstioReader& reader);

}  // namespace sluice::traffic
