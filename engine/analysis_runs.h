#pragma once

// AnalysisRuns of an update: which run is the current one, what its verdict means, and which runs
// to create, end and delete.

#include "engine/draft.h"

namespace sluice::engine {

/// Takes up the verdicts of the current runs: an abort, or a pause for an inconclusive one.
void judge_runs(Draft& draft);

/// The run of the analysis step that is under way; null where it does not exist yet.
const AnalysisRun* current_step_run(const Draft& draft);

/// Explains that an inconclusive run holds the rollout until a person answers.
void wait_for_answer(Draft& draft);

/// A background analysis is wanted by now and its run does not exist yet.
bool lacks_background_run(const Draft& draft);

/// Creates the runs that the current step and the background need, ends those that nobody waits
/// for, deletes the oldest ones beyond the history limits.
void plan_runs(Draft& draft);

/// Ends all runs; the status keeps the last ones as they are now.
void end_runs(Draft& draft);

}  // namespace sluice::engine
