#pragma once

// What the routers are asked for, and what the status says of it.

#include "engine/draft.h"

namespace sluice::engine {

/// Adds SetTraffic where the routers ask for something else, and records the weights in the status.
/// Nothing without traffic routing.
void plan_traffic(Draft& draft);

/// The same for what former canary Services have, and nothing else.
void plan_former_traffic(Draft& draft);

}  // namespace sluice::engine
