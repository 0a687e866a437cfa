#pragma once

// What a run has measured last, against what, in words for people who wait for it: from the stored
// run alone, so that everybody tells the same.

#include "crds/analysis.h"

#include <string>

namespace sluice::analysis {

struct RunReading {
  std::string observed;       ///< "error-rate 0.0243"; "error-rate without data"; "error-rate".
  std::string wanted;         ///< "limit 0.01", or the condition with its arguments put in.
  std::string text;           ///< "error-rate 0.0243, limit 0.01 (2 good, 1 bad)"
  bool without_data = false;  ///< For a minute or more: fewer are how a metric begins.
  bool unobservable = false;  ///< The source cannot be asked.
};

/// Of the metric that matters most: the one that decided the run, another that ended badly (failed
/// before in error before inconclusive), one without data, one whose last value was bad, else the
/// first that still runs. Empty where nothing was measured. Dry runs do not count.
RunReading read_run(const crds::AnalysisRun& run);

/// "limit 0.01" for `result[0] <= 0.01`, "at least 0.95" for `result >= 0.95`, "above 0.95" for
/// `result > 0.95`; any other condition as it is written.
std::string limit_text(const crds::Metric& metric);

}  // namespace sluice::analysis
