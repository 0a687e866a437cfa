#pragma once

// How an update begins, begins anew, and ends early: a changed template or changed steps, requests
// by people (promote --full, abort, retry, rollback), and verdicts.

#include "engine/draft.h"

#include <string>

namespace sluice::engine {

/// Starts over at step 0 where the template or the steps differ from what the status knows, and
/// skips the steps where the new template is one to return to at once.
void start_update(Draft& draft);

/// Takes up promote --full and the request to roll back without steps.
void take_fast_track(Draft& draft);

/// Decides to abort. `why` follows "Rollout aborted update to revision N"; "" says no more.
void abort_update(Draft& draft, const std::string& why);

/// Takes up an abort by a person, keeps one going, and sees a retry. Called once the verdicts are
/// known.
void settle_abort(Draft& draft);

}  // namespace sluice::engine
