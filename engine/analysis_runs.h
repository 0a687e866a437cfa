#pragma once

// AnalysisRuns of an update: which run is the current one, what its verdict means, and which runs
// to create, end and delete.

#include "engine/draft.h"

namespace sluice::engine {

/// Takes up the verdicts of the current runs: an abort, or a pause for an inconclusive one.
void judge_runs(Draft& draft);

/// Explains that an inconclusive run holds the rollout until a person answers.
void wait_for_answer(Draft& draft);

/// Creates the runs that the update needs now, ends those that nobody waits
/// for, deletes the oldest ones beyond the history limits.
void plan_runs(Draft& draft);

/// Ends all runs; the status keeps the last ones as they are now.
void end_runs(Draft& draft);

}  // namespace sluice::engine
