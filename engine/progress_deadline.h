#pragma once

// The progress deadline counts net progress only: more available pods than ever before in this
// step, fewer old pods, a step passed. A pod that becomes ready and crashes again and again is
// none. It does not count while the update waits by design: pauses, analyses, an abort.

#include "engine/draft.h"

namespace sluice::engine {

/// Notes what has moved since the status was written.
void note_progress(Draft& draft);

/// The update waits for something that should happen by itself.
bool expects_progress(const Draft& draft);

/// The deadline has passed without progress.
bool is_timed_out(const Draft& draft);

/// Aborts where the deadline has passed and the Rollout asks for that.
void check_deadline(Draft& draft);

/// All pods are of the promoted revision, and available.
bool is_complete(const Draft& draft);

}  // namespace sluice::engine
