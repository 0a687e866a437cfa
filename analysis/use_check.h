#pragma once

// What is wrong with a Rollout's reference to an analysis, as lint and the controller say it:
// templates that are missing, arguments without a value, and metrics without an end where something
// waits for it.

#include "analysis/template_resolver.h"
#include "crds/field_problem.h"
#include "crds/validation.h"

namespace sluice::analysis {

/// Sentences under the path of the reference. What is wrong within a template is check_template's.
crds::FieldProblems check_use(const crds::AnalysisUse& use, const ArgumentContext& context,
                              const TemplateLookup& lookup);

}  // namespace sluice::analysis
