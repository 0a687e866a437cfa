#pragma once

// promote: lets an update go on from the step that the person saw, by one step at most.

#include "verbs/verb_types.h"

namespace sluice::verbs {

struct PromoteOptions {
  bool full = false;  ///< Passes over all steps, pauses and analyses.
  /// Passes over the analysis that runs as the current step, or before a blue-green switch.
  bool skip_analysis = false;
};

/// Ends the pause, or passes over the step that is under way; takes back `pause`. An analysis that
/// still runs is passed over only where that was asked for; one that was inconclusive is answered.
/// Invalid: aborted, frozen, an invalid spec, another revision is current than the one seen, an
/// analysis runs, nothing is there yet that could be promoted, or the same press has passed a step.
Result<Decision> promote(const crds::Rollout& rollout, const Ask& ask,
                         const PromoteOptions& options);

}  // namespace sluice::verbs
