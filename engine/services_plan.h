#pragma once

// Which revision the strategy's Services select. A Service is never pointed at a revision without
// an available pod, and the canary Service moves only while it has no traffic.

#include "engine/draft.h"

namespace sluice::engine {

/// Adds PointService for the stable and the canary Service where they select something else.
void plan_services(Draft& draft);

}  // namespace sluice::engine
