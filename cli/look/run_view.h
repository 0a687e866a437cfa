#pragma once

// What a person wants to see of one AnalysisRun or Experiment: a header, then each metric with what
// it was measured against, or each template with its pods. Pure.

#include "cli/look/rollout_tree.h"
#include "crds/analysis.h"

#include <string>

namespace sluice::cli {

/// How much is shown of a run.
struct RunStyle {
  TreeStyle tree;
  bool wide = false;  ///< Times beside ages.
};

/// "✔ 3,✖ 1": how many of what was measured came out how; "" where nothing was.
std::string counts_text(int32_t successful, int32_t failed, int32_t inconclusive, int32_t error);

/// The measurements of all metrics that count.
std::string counts_of(const crds::AnalysisRun& run);

/// Header and metrics, of each the measurements with the newest first; ages are counted to `now`.
std::string render_analysis_run(const crds::AnalysisRun& run, SystemTime now, RunStyle style);
/// The same for `-o json`: stable field names, times as RFC 3339. Measurements are in their order.
Json encode_analysis_run_info(const crds::AnalysisRun& run);

/// What the API holds of an Experiment. Sluice runs none yet, and the text says so.
std::string render_experiment(const Json& experiment, SystemTime now, RunStyle style);
Json encode_experiment_info(const Json& experiment);

}  // namespace sluice::cli
