#pragma once

// How big each revision of a canary is: what its traffic needs with routing, and without routing
// the traffic itself.

#include "engine/draft.h"

namespace sluice::engine::canary {

/// Adds creation, sizes and annotations of ReplicaSets.
void plan_sizes(Draft& draft);

/// Adds only the sizes that an abort needs under a spec that is not trusted: with routing the
/// stable revision grows to what it had, or who stands in for it, and nothing else changes;
/// without, pods are the traffic.
void plan_return(Draft& draft);

}  // namespace sluice::engine::canary
