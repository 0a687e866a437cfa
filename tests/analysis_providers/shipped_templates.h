#pragma once

// The analysis templates that are shipped in examples/analysis.

#include "crds/analysis.h"

#include <string>

namespace sluice::analysis {

/// The template in examples/analysis/NAME.yaml.
crds::AnalysisTemplate shipped_template(const std::string& name);

}  // namespace sluice::analysis
