#pragma once

// From what a Rollout asks for (templates and arguments) to the spec of an AnalysisRun: templates
// are looked up with all that they refer to, each once, and flattened; arguments are merged.

#include "base/result.h"
#include "crds/analysis.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

/// The template of that name and scope in the Rollout's namespace, or null.
using TemplateLookup = std::function<const crds::AnalysisTemplate*(const crds::TemplateRef&)>;

/// What argument sources of a Rollout refer to.
struct ArgumentContext {
  std::string stable_hash;
  std::string latest_hash;
  /// The value at a fieldPath: "metadata.labels['app']" or a path in the Rollout's JSON. Absent
  /// where there is none.
  std::function<std::optional<std::string>(std::string_view field_path)> field;
};

/// Nested references are followed this deep at most.
inline constexpr int kTemplateDepthMax = 16;

/// Looks `refs` and all they refer to up, in order, each once. Errors: NotFound names the template
/// ("AnalysisTemplate "success-rate" not found"), Invalid names a circle.
Result<std::vector<const crds::AnalysisTemplate*>> collect_templates(
    const std::vector<crds::TemplateRef>& refs, const TemplateLookup& lookup);

/// The spec of a run. Arguments that come from the Rollout have their value; those from Secrets
/// keep their reference. Metrics keep their {{args.x}}. Errors are NotFound (a template) and
/// Invalid: two metrics of one name, one argument with two values, an argument without a value, a
/// dry-run rule that fits no metric.
Result<crds::AnalysisRunSpec> resolve_run_spec(const crds::RolloutAnalysis& analysis,
                                               const ArgumentContext& context,
                                               const TemplateLookup& lookup);

/// The same from templates alone, with every argument given by `args`: for `sluice analysis query`.
/// Nobody else could tell of a slip: an argument that no template has is Invalid too.
Result<crds::AnalysisRunSpec> flatten_templates(
    const std::vector<const crds::AnalysisTemplate*>& templates,
    const std::vector<crds::Argument>& args);

}  // namespace sluice::analysis
