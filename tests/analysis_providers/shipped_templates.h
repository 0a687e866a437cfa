#pragma once

// The analysis templates that are shipped in examples/analysis, and the first one of the docs.

#include "crds/analysis.h"

#include <string>

namespace sluice::analysis {

/// The template in examples/analysis/NAME.yaml.
crds::AnalysisTemplate shipped_template(const std::string& name);
/// The template that docs/analysis.md begins with.
crds::AnalysisTemplate documented_template();

}  // namespace sluice::analysis
