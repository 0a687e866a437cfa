#include "analysis/template_resolver.h"

#include "base/pattern.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::analysis {
namespace {

using Templates = std::vector<const crds::AnalysisTemplate*>;

std::string describe(const crds::TemplateRef& ref) {
  return fmt::format("{} \"{}\"",
                     ref.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate",
                     ref.template_name);
}

/// Depth-first walk along references.
class Collector {
 public:
  explicit Collector(const TemplateLookup& lookup) : lookup_(lookup) {}

  Result<void> visit(const crds::TemplateRef& ref) {
    if (std::find(path_.begin(), path_.end(), ref) != path_.end()) return fail(circle(ref));
    if (std::find(seen_.begin(), seen_.end(), ref) != seen_.end()) return {};
    if (path_.size() >= static_cast<size_t>(kTemplateDepthMax)) {
      return fail(invalid(fmt::format("{} is referred to through more than {} others",
                                      describe(ref), kTemplateDepthMax)));
    }
    const crds::AnalysisTemplate* found = lookup_(ref);
    if (found == nullptr) return fail(not_found(describe(ref) + " not found"));
    seen_.push_back(ref);
    templates_.push_back(found);
    path_.push_back(ref);
    for (const crds::TemplateRef& nested : found->spec.templates)
      if (auto visited = visit(nested); !visited) return visited;
    path_.pop_back();
    return {};
  }

  Templates take() { return std::move(templates_); }

 private:
  Error circle(const crds::TemplateRef& again) const {
    std::string way;
    const auto start = std::find(path_.begin(), path_.end(), again);
    for (auto at = start; at != path_.end(); ++at) way += at->template_name + " -> ";
    return invalid(fmt::format("analysis templates refer to each other in a circle: {}{}", way,
                               again.template_name));
  }

  const TemplateLookup& lookup_;
  std::vector<crds::TemplateRef> path_;
  std::vector<crds::TemplateRef> seen_;
  Templates templates_;
};

/// Takes an argument of one more template in.
Result<void> merge_argument(std::vector<crds::Argument>& merged, const crds::Argument& arg) {
  const auto found = std::find_if(merged.begin(), merged.end(),
                                  [&](const crds::Argument& one) { return one.name == arg.name; });
  if (found == merged.end()) {
    merged.push_back(arg);
    return {};
  }
  if (!arg.value && !arg.value_from) return {};
  if (!found->value && !found->value_from) {
    *found = arg;
    return {};
  }
  if (*found == arg) return {};
  return fail(
      invalid(fmt::format("two templates give the argument \"{}\" different values", arg.name)));
}

void override_arguments(std::vector<crds::Argument>& merged,
                        const std::vector<crds::Argument>& given) {
  for (const crds::Argument& arg : given) {
    for (crds::Argument& one : merged)
      if (one.name == arg.name && (arg.value || arg.value_from)) one = arg;
  }
}

Result<void> check_arguments(const std::vector<crds::Argument>& args) {
  for (const crds::Argument& arg : args) {
    const bool from_secret = arg.value_from && !arg.value_from->secret_name.empty();
    if (!arg.value && !from_secret)
      return fail(invalid(fmt::format("args.{} was not resolved", arg.name)));
  }
  return {};
}

Result<void> check_metric_names(const std::vector<crds::Metric>& metrics) {
  for (size_t i = 0; i < metrics.size(); ++i) {
    const auto same = [&](const crds::Metric& other) { return other.name == metrics[i].name; };
    if (std::any_of(metrics.begin(), metrics.begin() + static_cast<ptrdiff_t>(i), same))
      return fail(invalid(fmt::format("two metrics are named \"{}\"", metrics[i].name)));
  }
  if (metrics.empty()) return fail(invalid("the analysis has no metrics"));
  return {};
}

Result<void> check_rule(std::string_view list, const std::string& rule,
                        const std::vector<crds::Metric>& metrics) {
  const auto pattern = Pattern::compile(rule);
  if (!pattern) return fail(pattern.error().within(list));
  const auto matches = [&](const crds::Metric& metric) { return pattern->found_in(metric.name); };
  if (std::any_of(metrics.begin(), metrics.end(), matches)) return {};
  return fail(invalid(fmt::format("{}: the rule \"{}\" matches no metric", list, rule)));
}

Result<void> check_rules(const crds::AnalysisRunSpec& spec) {
  for (const crds::DryRun& rule : spec.dry_run)
    if (auto checked = check_rule("dryRun", rule.metric_name, spec.metrics); !checked)
      return checked;
  for (const crds::MeasurementRetention& rule : spec.measurement_retention)
    if (auto checked = check_rule("measurementRetention", rule.metric_name, spec.metrics); !checked)
      return checked;
  return {};
}

template <typename T>
void append_new(std::vector<T>& to, const std::vector<T>& from) {
  for (const T& item : from)
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

/// The argument's value, where its source is the Rollout.
Result<crds::Argument> resolve_source(crds::Argument arg, const ArgumentContext& context) {
  if (arg.value || !arg.value_from) return arg;
  const crds::ArgumentSource& from = *arg.value_from;
  if (from.pod_template_hash == "Stable") {
    arg.value = context.stable_hash;
  } else if (from.pod_template_hash == "Latest") {
    arg.value = context.latest_hash;
  } else if (!from.pod_template_hash.empty()) {
    return fail(invalid(fmt::format("args.{}: podTemplateHashValue is Stable or Latest, not \"{}\"",
                                    arg.name, from.pod_template_hash)));
  } else if (!from.field_path.empty()) {
    arg.value = context.field ? context.field(from.field_path) : std::nullopt;
    if (!arg.value) {
      return fail(invalid(
          fmt::format("args.{}: the Rollout has no field \"{}\"", arg.name, from.field_path)));
    }
  }
  if (arg.value) arg.value_from.reset();
  return arg;
}

/// Templates laid side by side; argument sources are still as written.
Result<crds::AnalysisRunSpec> lay_together(const Templates& templates) {
  crds::AnalysisRunSpec spec;
  for (const crds::AnalysisTemplate* one : templates) {
    const crds::AnalysisTemplateSpec& from = one->spec;
    spec.metrics.insert(spec.metrics.end(), from.metrics.begin(), from.metrics.end());
    append_new(spec.dry_run, from.dry_run);
    append_new(spec.measurement_retention, from.measurement_retention);
    for (const crds::Argument& arg : from.args)
      if (auto merged = merge_argument(spec.args, arg); !merged) return fail(merged.error());
  }
  if (auto checked = check_metric_names(spec.metrics); !checked) return fail(checked.error());
  return spec;
}

}  // namespace

Result<std::vector<const crds::AnalysisTemplate*>> collect_templates(
    const std::vector<crds::TemplateRef>& refs, const TemplateLookup& lookup) {
  Collector collector(lookup);
  for (const crds::TemplateRef& ref : refs)
    if (auto visited = collector.visit(ref); !visited) return fail(visited.error());
  return collector.take();
}

Result<crds::AnalysisRunSpec> resolve_run_spec(const crds::RolloutAnalysis& analysis,
                                               const ArgumentContext& context,
                                               const TemplateLookup& lookup) {
  const auto templates = collect_templates(analysis.templates, lookup);
  if (!templates) return fail(templates.error());
  auto spec = lay_together(*templates);
  if (!spec) return spec;
  override_arguments(spec->args, analysis.args);
  for (crds::Argument& arg : spec->args) {
    auto resolved = resolve_source(std::move(arg), context);
    if (!resolved) return fail(resolved.error());
    arg = std::move(*resolved);
  }
  append_new(spec->dry_run, analysis.dry_run);
  append_new(spec->measurement_retention, analysis.measurement_retention);
  if (auto checked = check_arguments(spec->args); !checked) return fail(checked.error());
  if (auto checked = check_rules(*spec); !checked) return fail(checked.error());
  return spec;
}

Result<crds::AnalysisRunSpec> flatten_templates(const Templates& templates,
                                                const std::vector<crds::Argument>& args) {
  auto spec = lay_together(templates);
  if (!spec) return spec;
  for (const crds::Argument& arg : args) {
    const auto same = [&](const crds::Argument& one) { return one.name == arg.name; };
    if (std::any_of(spec->args.begin(), spec->args.end(), same)) continue;
    return fail(invalid(fmt::format("no template has an argument \"{}\"", arg.name)));
  }
  override_arguments(spec->args, args);
  if (auto checked = check_arguments(spec->args); !checked) return fail(checked.error());
  if (auto checked = check_rules(*spec); !checked) return fail(checked.error());
  return spec;
}

}  // namespace sluice::analysis
