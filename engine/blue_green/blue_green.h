#pragma once

// Blue-green: the new revision gets its pods beside the stable one and is looked at behind the
// preview Service; then all users get it at once, as the active Service selects it; and the stable
// one stands by until the new one has proven itself, and for a while after.

#include "engine/draft.h"

namespace sluice::engine::blue_green {

/// Passes what is before the switch, and promotes after it.
void advance(Draft& draft);

/// Adds what the Services and the ReplicaSets shall be.
void collect(Draft& draft);

/// The same under a spec that is not trusted, where an abort takes the traffic back.
void collect_return(Draft& draft);

/// Takes what is left of the traffic of a former canary that cannot answer, and leads users of a
/// lost stable revision to who can.
void leave_dark(Draft& draft);

}  // namespace sluice::engine::blue_green
