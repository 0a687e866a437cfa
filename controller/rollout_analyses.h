#pragma once

// The analyses that a Rollout refers to: checking the references, and building the runs.

#include "analysis/template_check.h"
#include "controller/cluster_view.h"
#include "crds/field_problem.h"
#include "engine/plan.h"

namespace sluice::controller {

struct AnalysisCheck {
  /// Each sentence under the path of the reference: missing templates, unresolved arguments,
  /// metrics that never end in a step, and everything that lint finds in a template.
  crds::FieldProblems problems;
  /// Every template that was looked for, found or not, nested ones too.
  std::vector<crds::TemplateRef> looked_up;
};

/// Checks all templates that the Rollout refers to.
AnalysisCheck check_analyses(const crds::Rollout& rollout, ClusterView& view,
                             const analysis::ProviderChecks& providers);

/// The whole AnalysisRun for the engine's action, but for its owner: templates flattened, arguments
/// resolved.
Result<crds::AnalysisRun> build_analysis_run(const engine::CreateAnalysisRun& action,
                                             const crds::Rollout& rollout, ClusterView& view);

}  // namespace sluice::controller
