#pragma once

// The analysis runs of a canary: one in the background, and one for each analysis step.

#include "engine/run_slots.h"

#include <vector>

namespace sluice::engine::canary {

std::vector<RunSlot> run_slots(const Draft& draft);

/// The run of the analysis step that is under way; null where it does not exist yet.
const AnalysisRun* current_step_run(const Draft& draft);

/// A background analysis is wanted by now and its run does not exist yet.
bool lacks_background_run(const Draft& draft);

}  // namespace sluice::engine::canary
