#pragma once

// What is wrong with a template, as lint and the controller say it: the same sentences in both.

#include "analysis/expression_types.h"
#include "crds/analysis.h"
#include "crds/field_problem.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// What a provider knows of its settings, which may still hold {{args.x}}.
struct ProviderCheck {
  /// What is wrong with them; they stand at `path`.
  std::function<crds::FieldProblems(const JsonText& config, std::string_view path)> settings;
  /// What is known of the type of `result`; null: nothing.
  std::function<StaticType(const JsonText& config)> result_type = nullptr;
};

/// The known providers by name.
using ProviderChecks = std::map<std::string, ProviderCheck, std::less<>>;

/// Everything that is wrong with the spec of a template, paths from "spec": names,
/// numbers, limits, conditions (compiled with the arguments' default values), undeclared arguments,
/// unknown providers and their settings. Without `providers` these are not looked at.
crds::FieldProblems check_template(const crds::AnalysisTemplateSpec& spec,
                                   const ProviderChecks* providers);

/// The same for the spec of an AnalysisRun that somebody wrote by hand.
crds::FieldProblems check_run_spec(const crds::AnalysisRunSpec& spec,
                                   const ProviderChecks* providers);

}  // namespace sluice::analysis
