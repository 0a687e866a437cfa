#pragma once

// What the routers are asked for, whatever the strategy: what it wants, and that nothing is left of
// what was routed before.

#include "crds/routes.h"
#include "engine/draft.h"

namespace sluice::engine {

/// Adds SetTraffic where the routers ask for something else than these routes, and than what former
/// canary Services are to have. True where it does.
bool route(Draft& draft, crds::Routes wanted);

/// The same for what former canary Services have, and nothing else.
void plan_former_traffic(Draft& draft);

}  // namespace sluice::engine
