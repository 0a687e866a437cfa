#pragma once

// Walks the steps: passes every step that is done, pauses where one says so, promotes past the
// last.

#include "engine/draft.h"

namespace sluice::engine::canary {

/// Moves the index past all steps that are done and explains what the next one waits for.
void advance_steps(Draft& draft);

/// Makes the current revision the stable one where nothing is left to wait for.
void promote_when_done(Draft& draft);

/// The update stands at a pause or an analysis: no deadline counts.
bool stands_by_design(const Draft& draft);

}  // namespace sluice::engine::canary
