#pragma once

// The switch: what is before it, when it is due, and who has the users now. Before it come the pods
// of the preview, the pre-promotion analysis and the pause, in this order; that they are passed is
// kept in status.blueGreen.scaleUpPreviewCheckPoint, and the current revision gets its full size
// then.

#include "engine/draft.h"

#include <cstdint>

namespace sluice::engine::blue_green {

/// The pods that the current revision shall have now.
int64_t wanted_pods(const Draft& draft);

/// The current revision has those pods, and all of them serve.
bool has_wanted_pods(const Draft& draft);

/// All that is before the switch is passed.
bool is_passed(const Draft& draft);

/// The active Service selects the current revision.
bool is_served(const Facts& facts);

/// The users have the current revision, because the switch was due.
bool is_switched(const Draft& draft);

/// The revision that the users shall have; null where there is none.
const ReplicaSet* active_revision(const Draft& draft);

}  // namespace sluice::engine::blue_green
