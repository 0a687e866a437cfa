#pragma once

// Which AnalysisRuns of a Rollout end, and which go.

#include "engine/draft.h"

#include <set>
#include <string>

namespace sluice::engine {

/// Ends every run but those of these names.
void end_other_runs(Draft& draft, const std::set<std::string>& wanted);

/// Deletes the oldest of the completed runs beyond the history limits of the spec, but those of
/// these names.
void delete_old_runs(Draft& draft, const std::set<std::string>& wanted);

}  // namespace sluice::engine
