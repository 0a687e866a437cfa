#pragma once

// A Service that has come to select other pods says nothing about when its requests follow:
// EndpointSlices do within a second, gateways and nodes within a few, and nobody confirms it.

#include "base/time.h"

#include <chrono>

namespace sluice::crds {

/// By then whoever sends requests to a Service sends them to the pods that it selects.
inline constexpr Duration kHandOver = std::chrono::seconds(5);

}  // namespace sluice::crds
