#pragma once

// The places that AnalysisRuns have in an update. Each strategy says which places it has and what
// is wanted in each of them now; who finds, judges, creates and ends runs goes over the places and
// knows no strategy.

#include "engine/draft.h"

#include <optional>
#include <string_view>
#include <vector>

namespace sluice::engine {

struct RunSlot {
  AnalysisType type = AnalysisType::Step;
  std::string_view judgement;  ///< The word for its analysis in the message of an abort.
  std::optional<int32_t> step;
  /// What the run is to measure; null where none is wanted now.
  const crds::RolloutAnalysis* analysis = nullptr;
  /// Where the status names the run that stands in this place.
  std::optional<crds::RunStatusRef>& (*place)(crds::RolloutStatus& status) = nullptr;
  /// The run that the status of this update named before this plan.
  std::optional<crds::RunStatusRef> known;
};

/// All places, in the order in which their verdicts count.
std::vector<RunSlot> run_slots(const Draft& draft);

/// The update is to be watched by a background run now, though its pods may not have a ReplicaSet
/// yet that a run could be for.
bool asks_for_background_run(const Draft& draft);

/// The place of the background analysis, and that of the step at the index.
RunSlot background_slot(const Draft& draft);
RunSlot step_slot(const Draft& draft);

}  // namespace sluice::engine
