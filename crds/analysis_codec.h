#pragma once

// JSON to and from the typed analysis kinds. Decoding never throws; what is wrong comes back with
// its path.

#include "base/json.h"
#include "crds/analysis.h"
#include "crds/field_problem.h"

namespace sluice::crds {

class FieldReader;

Decoded<AnalysisTemplate> decode_analysis_template(const Json& document);
Decoded<AnalysisRun> decode_analysis_run(const Json& document);

/// A whole AnalysisRun for creating it: metadata and spec, no status.
Json encode_analysis_run(const AnalysisRun& run);
Json encode_analysis_run_status(const AnalysisRunStatus& status);

/// For the Rollout's codec: a step's, background's or switch's reference to an analysis.
RolloutAnalysis read_rollout_analysis(const FieldReader& from);

}  // namespace sluice::crds
