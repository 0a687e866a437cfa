#pragma once

// Istio's router: weights and managed routes of VirtualServices, between two Services or between
// two subsets of a DestinationRule (networking.istio.io/v1beta1, which all versions since 1.5
// serve). Istio tells nobody what its proxies have taken up: weights count as set once they are
// written.

#include "traffic/router_registry.h"

namespace sluice::traffic {

RouterType istio_router();

}  // namespace sluice::traffic
