#pragma once

// What the routers of a canary are asked for, and what the status says of it.

#include "engine/draft.h"

namespace sluice::engine::canary {

/// Adds SetTraffic where the routers ask for something else, and records the weights in the status.
/// Nothing but what is left of former routings without traffic routing.
void plan_traffic(Draft& draft);

}  // namespace sluice::engine::canary
