#pragma once

// Which ReplicaSets exist and how big they are: creates the current one, sizes it and the stable
// one, drains the old ones after their delay, and removes those beyond the history limit.

#include "engine/draft.h"

namespace sluice::engine {

/// Adds creation, sizes and annotations of ReplicaSets.
void plan_replica_sets(Draft& draft);

/// Adds only the sizes that an abort needs under a spec that is not trusted: with routing the
/// stable revision grows to what it had and nothing else changes; without, pods are the traffic.
void plan_return(Draft& draft);

/// Adds the deletion of old ReplicaSets without pods beyond revisionHistoryLimit.
void plan_history(Draft& draft);

}  // namespace sluice::engine
