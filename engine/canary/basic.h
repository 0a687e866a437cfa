#pragma once

// A canary without traffic routing: the numbers of pods are the weight.

#include "engine/draft.h"
#include "engine/replica_math.h"

namespace sluice::engine::canary {

/// The split of pods that the index (or an abort, or a promotion) asks for.
Split basic_goal(const Draft& draft, int32_t index);

/// The pods are split as the index asks, and the canary's are available. A stable revision that is
/// not available does not hold the canary up.
bool is_split_reached(const Draft& draft, int32_t index);

/// The sizes of the current and the stable revision of an update that is held, when the Rollout may
/// have been scaled.
Split plan_basic_hold(const Draft& draft);

/// The sizes to set now: current revision, stable one, and the others in the order of old_sets().
BasicMove plan_basic_move(const Draft& draft);

}  // namespace sluice::engine::canary
