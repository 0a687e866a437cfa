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
  std::optional<crds::RunStatusRef> known = std::nullopt;
  /// The status goes on naming a run that is completed, when none is wanted any more.
  bool stays = false;
};

/// All places that the strategy has, in the order in which their verdicts count.
std::vector<RunSlot> run_slots(const Draft& draft);

/// The update is one that analyses look at: under way, and not by a full promotion.
bool asks_for_analysis(const Draft& draft);

/// The same, and there is a revision that a run could be for.
bool runs_analysis(const Draft& draft);

/// The run that the status named before this plan, unless it was another template's, or was for
/// other steps: that one is no longer this update's.
std::optional<crds::RunStatusRef> known_run(const Draft& draft,
                                            const std::optional<crds::RunStatusRef>& before);

}  // namespace sluice::engine
