#include "analysis/template_check.h"

#include "analysis/arguments.h"
#include "analysis/expression.h"
#include "analysis/prepared_metric.h"
#include "base/pattern.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>

namespace sluice::analysis {
namespace {

std::string invalid_value(std::string_view value, std::string_view why) {
  return fmt::format("Invalid value: \"{}\": {}", value, why);
}

std::string required(std::string_view why) {
  return fmt::format("Required value: {}", why);
}

class Checker {
 public:
  Checker(const std::vector<crds::Argument>& args, const ProviderChecks* providers)
      : args_(args), providers_(providers) {
    for (const crds::Argument& arg : args_)
      if (arg.value) defaults_[arg.name] = *arg.value;
  }

  void arguments() {
    std::set<std::string> seen;
    for (size_t i = 0; i < args_.size(); ++i) {
      const std::string path = fmt::format("spec.args[{}]", i);
      if (args_[i].name.empty())
        add(path + ".name", required("an argument needs a name"));
      else if (!seen.insert(args_[i].name).second)
        add(path + ".name", fmt::format("Duplicate value: \"{}\"", args_[i].name));
      argument_source(args_[i], path);
    }
  }

  void metrics(const std::vector<crds::Metric>& all) {
    std::set<std::string> seen;
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string path = fmt::format("spec.metrics[{}]", i);
      if (all[i].name.empty())
        add(path + ".name", required("a metric needs a name"));
      else if (!seen.insert(all[i].name).second)
        add(path + ".name", fmt::format("Duplicate value: \"{}\"", all[i].name));
      tags(all[i], path);
      numbers(all[i], path);
      const StaticType result = result_type(all[i].provider);
      condition(all[i].success_condition, result, path + ".successCondition");
      condition(all[i].failure_condition, result, path + ".failureCondition");
      provider(all[i].provider, path + ".provider");
    }
  }

  /// A rule of dryRun or measurementRetention. `whole` is false where more metrics may come from
  /// other templates.
  void rule(const std::string& path, const std::string& pattern,
            const std::vector<crds::Metric>& all, bool whole) {
    const auto compiled = Pattern::compile(pattern);
    if (!compiled) return add(path, invalid_value(pattern, compiled.error().message));
    const auto matches = [&](const crds::Metric& one) { return compiled->found_in(one.name); };
    if (whole && std::none_of(all.begin(), all.end(), matches))
      add(path, invalid_value(pattern, "matches no metric"));
  }

  void rules(const std::vector<crds::DryRun>& dry_run,
             const std::vector<crds::MeasurementRetention>& retention,
             const std::vector<crds::Metric>& all, bool whole) {
    for (size_t i = 0; i < dry_run.size(); ++i)
      rule(fmt::format("spec.dryRun[{}].metricName", i), dry_run[i].metric_name, all, whole);
    for (size_t i = 0; i < retention.size(); ++i) {
      const std::string path = fmt::format("spec.measurementRetention[{}]", i);
      rule(path + ".metricName", retention[i].metric_name, all, whole);
      if (retention[i].limit < 1) {
        add(path + ".limit",
            fmt::format("Invalid value: {}: must be at least 1", retention[i].limit));
      }
    }
  }

  void add(std::string path, std::string message) {
    problems_.push_back({std::move(path), std::move(message)});
  }

  crds::FieldProblems take() { return std::move(problems_); }

 private:
  void argument_source(const crds::Argument& arg, const std::string& path) {
    if (!arg.value_from) return;
    if (arg.value) add(path, "value and valueFrom exclude each other");
    const crds::ArgumentSource& from = *arg.value_from;
    if (from.secret_name.empty() != from.secret_key.empty())
      add(path + ".valueFrom.secretKeyRef", required("both name and key"));
  }

  bool is_declared(const std::string& name) const {
    return std::any_of(args_.begin(), args_.end(),
                       [&](const crds::Argument& arg) { return arg.name == name; });
  }

  void tags_in(const std::string& text, const std::string& path) {
    StringMap anything;
    for (const std::string& name : referenced_arguments(text)) {
      anything[name];
      if (!is_declared(name))
        add(path, fmt::format("the argument \"{}\" is not declared in spec.args", name));
    }
    // With every argument known, only tags of another form are left to fail.
    if (const auto rest = substitute(text, anything); !rest) add(path, rest.error().message);
  }

  void tags(const crds::Metric& metric, const std::string& path) {
    tags_in(metric.interval, path + ".interval");
    tags_in(metric.initial_delay, path + ".initialDelay");
    tags_in(metric.count, path + ".count");
    tags_in(metric.success_condition, path + ".successCondition");
    tags_in(metric.failure_condition, path + ".failureCondition");
    tags_in(metric.failure_limit, path + ".failureLimit");
    tags_in(metric.inconclusive_limit, path + ".inconclusiveLimit");
    tags_in(metric.consecutive_error_limit, path + ".consecutiveErrorLimit");
    tags_in(metric.consecutive_success_limit, path + ".consecutiveSuccessLimit");
    if (metric.provider.config)
      tags_in(*metric.provider.config, fmt::format("{}.provider.{}", path, metric.provider.kind));
  }

  /// The text with default values put in; `otherwise` where one of them is not known yet.
  std::string with_defaults(const std::string& text, std::string_view otherwise) const {
    auto resolved = substitute(text, defaults_);
    return resolved ? std::move(*resolved) : std::string(otherwise);
  }

  void numbers(const crds::Metric& written, const std::string& path) {
    crds::Metric metric = written;
    // What is not known yet is given a value that no rule objects to.
    metric.interval = with_defaults(metric.interval, "1s");
    metric.initial_delay = with_defaults(metric.initial_delay, "");
    metric.count = with_defaults(metric.count, "");
    metric.failure_limit = with_defaults(metric.failure_limit, "");
    metric.inconclusive_limit = with_defaults(metric.inconclusive_limit, "");
    metric.consecutive_error_limit = with_defaults(metric.consecutive_error_limit, "");
    metric.consecutive_success_limit =
        with_defaults(metric.consecutive_success_limit, metric.failure_limit == "-1" ? "1" : "");
    read_metric_settings(metric, path, problems_);
  }

  StaticType result_type(const crds::ProviderSpec& spec) const {
    if (providers_ == nullptr) return StaticType::Unknown;
    const auto found = providers_->find(spec.kind);
    if (found == providers_->end() || !found->second.result_type) return StaticType::Unknown;
    return found->second.result_type(spec.config);
  }

  void condition(const std::string& written, StaticType result, const std::string& path) {
    if (written.empty()) return;
    const auto resolved = substitute(written, defaults_);
    // An argument without a default may stand for anything: its place is checked when it is known.
    if (!resolved) return;
    const auto compiled = Expression::compile_condition(*resolved);
    if (!compiled) return add(path, invalid_value(*resolved, compiled.error().to_string()));
    const auto typed = Expression::compile_condition(*resolved, result);
    if (typed) return;
    add(path,
        invalid_value(*resolved,
                      fmt::format("{}; result is {}{}", typed.error().to_string(), describe(result),
                                  is_list(result) ? ", the first is result[0]" : "")));
  }

  void provider(const crds::ProviderSpec& spec, const std::string& path) {
    if (spec.kind.empty()) return add(path, required("exactly one metric provider"));
    if (providers_ == nullptr) return;
    const auto found = providers_->find(spec.kind);
    if (found == providers_->end()) {
      std::string known;
      for (const auto& [name, check] : *providers_) known += (known.empty() ? "" : ", ") + name;
      return add(path,
                 fmt::format("metric provider \"{}\" is not known (known: {})", spec.kind, known));
    }
    const crds::FieldProblems own = found->second.settings(spec.config, path + "." + spec.kind);
    problems_.insert(problems_.end(), own.begin(), own.end());
  }

  const std::vector<crds::Argument>& args_;
  const ProviderChecks* providers_;
  StringMap defaults_;
  crds::FieldProblems problems_;
};

}  // namespace

crds::FieldProblems check_template(const crds::AnalysisTemplateSpec& spec,
                                   const ProviderChecks* providers) {
  Checker checker(spec.args, providers);
  if (spec.metrics.empty() && spec.templates.empty())
    checker.add("spec.metrics", required("at least one metric, or a reference to a template"));
  checker.metrics(spec.metrics);
  checker.arguments();
  checker.rules(spec.dry_run, spec.measurement_retention, spec.metrics, spec.templates.empty());
  for (size_t i = 0; i < spec.templates.size(); ++i) {
    if (!spec.templates[i].template_name.empty()) continue;
    checker.add(fmt::format("spec.templates[{}].templateName", i), required("a template's name"));
  }
  return checker.take();
}

crds::FieldProblems check_run_spec(const crds::AnalysisRunSpec& spec,
                                   const ProviderChecks* providers) {
  Checker checker(spec.args, providers);
  if (spec.metrics.empty()) checker.add("spec.metrics", required("at least one metric"));
  checker.metrics(spec.metrics);
  checker.arguments();
  for (size_t i = 0; i < spec.args.size(); ++i) {
    if (spec.args[i].value || spec.args[i].value_from) continue;
    checker.add(fmt::format("spec.args[{}].value", i),
                required("an argument of a run has a value"));
  }
  checker.rules(spec.dry_run, spec.measurement_retention, spec.metrics, true);
  return checker.take();
}

}  // namespace sluice::analysis
