#include "analysis/use_check.h"

#include "analysis/arguments.h"
#include "analysis/prepared_metric.h"
#include "base/pattern.h"
#include "crds/names.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace sluice::analysis {
namespace {

using Templates = std::vector<const crds::AnalysisTemplate*>;

/// The values that are known before a run is made: those of Secrets are not.
StringMap known_values(const crds::AnalysisRunSpec& spec) {
  StringMap values;
  for (const crds::Argument& arg : spec.args)
    if (arg.value) values[arg.name] = *arg.value;
  return values;
}

/// Nothing but the end of its run ends such a metric. One that waits for a streak of successes ends
/// by itself.
bool is_endless(const crds::Metric& written, const StringMap& values) {
  const auto resolved = [&values](const std::string& text) {
    return substitute(text, values).value_or("1");
  };
  crds::Metric numbers;
  numbers.interval = resolved(written.interval);
  numbers.count = resolved(written.count);
  numbers.consecutive_success_limit = resolved(written.consecutive_success_limit);
  crds::FieldProblems ignored;
  const MetricSettings settings = read_metric_settings(numbers, "", ignored);
  return !settings.count && settings.consecutive_success_limit == 0;
}

bool is_dry_run(const crds::AnalysisRunSpec& spec, const crds::Metric& metric) {
  return std::ranges::any_of(spec.dry_run, [&metric](const crds::DryRun& rule) {
    const auto pattern = Pattern::compile(rule.metric_name);
    return pattern && pattern->found_in(metric.name);
  });
}

/// `AnalysisTemplate "errors": spec.metrics[0].count: Required value: …`
std::string endless_sentence(const Templates& templates, const crds::Metric& metric) {
  const bool by_argument = !referenced_arguments(metric.count).empty();
  const std::string given = metric.count.empty() ? "no count"
                            : by_argument        ? fmt::format("a count of 0 ({})", metric.count)
                                                 : "a count of 0";
  for (const crds::AnalysisTemplate* one : templates) {
    const auto& metrics = one->spec.metrics;
    const auto found = std::ranges::find(metrics, metric.name, &crds::Metric::name);
    if (found == metrics.end()) continue;
    return fmt::format(
        "{} \"{}\": spec.metrics[{}].count: Required value: metric \"{}\" has an interval and {}: "
        "it never ends, and the rollout waits here for its end",
        one->cluster_scope ? crds::kClusterAnalysisTemplate : crds::kAnalysisTemplate,
        one->meta.name, found - metrics.begin(), metric.name, given);
  }
  return {};
}

/// A run waits for its metrics, and for dry-runs only where it has nothing else.
void find_endless(const crds::AnalysisUse& use, const Templates& templates,
                  const crds::AnalysisRunSpec& spec, crds::FieldProblems& problems) {
  const bool all_dry = std::ranges::all_of(
      spec.metrics, [&spec](const crds::Metric& metric) { return is_dry_run(spec, metric); });
  const StringMap values = known_values(spec);
  for (const crds::Metric& metric : spec.metrics) {
    if (!is_endless(metric, values) || (is_dry_run(spec, metric) && !all_dry)) continue;
    problems.push_back(
        {use.path + ".templates", "Invalid value: " + endless_sentence(templates, metric)});
  }
}

}  // namespace

crds::FieldProblems check_use(const crds::AnalysisUse& use, const ArgumentContext& context,
                              const TemplateLookup& lookup) {
  crds::FieldProblems problems;
  const auto templates = collect_templates(use.analysis->templates, lookup);
  if (!templates) {
    problems.push_back({use.path + ".templates", "Invalid value: " + templates.error().message});
    return problems;
  }
  const auto spec = resolve_run_spec(*use.analysis, context, lookup);
  if (!spec)
    problems.push_back({use.path, "Invalid value: " + spec.error().message});
  else if (use.is_waited_for)
    find_endless(use, *templates, *spec, problems);
  return problems;
}

}  // namespace sluice::analysis
