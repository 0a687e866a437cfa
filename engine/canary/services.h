#pragma once

// Which revisions the stable and the canary Service select. With routing the canary Service moves
// only while it has no traffic.

#include "engine/draft.h"

namespace sluice::engine::canary {

/// Adds PointService for both Services, and for former ones, where they select something else.
void plan_services(Draft& draft);

}  // namespace sluice::engine::canary
