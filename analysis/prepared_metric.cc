#include "analysis/prepared_metric.h"

#include "analysis/redaction.h"
#include "base/pattern.h"
#include "base/whole_number.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace sluice::analysis {
namespace {

/// Reads the fields of one metric; problems go to a list.
class SettingsReader {
 public:
  SettingsReader(std::string_view path, crds::FieldProblems& problems)
      : path_(path), problems_(problems) {}

  Duration duration(std::string_view field, const std::string& text) {
    if (text.empty()) return {};
    const auto span = parse_duration(text);
    if (!span)
      add(field, text, span.error().message);
    else if (*span < Duration::zero() || *span > kSpanMax)
      add(field, text, fmt::format("must be between 0s and {}", format_duration(kSpanMax)));
    else
      return *span;
    return {};
  }

  std::optional<int32_t> number(std::string_view field, const std::string& text, int32_t least) {
    if (text.empty()) return std::nullopt;
    const auto value = whole_number<int32_t>(text);
    if (!value)
      add(field, text, "must be a whole number");
    else if (*value < least)
      add(field, text, fmt::format("must be at least {}", least));
    else
      return value;
    return std::nullopt;
  }

  void add(std::string_view field, std::string_view value, std::string_view message) {
    problems_.push_back({fmt::format("{}.{}", path_, field),
                         fmt::format("Invalid value: \"{}\": {}", value, message)});
  }

 private:
  std::string_view path_;
  crds::FieldProblems& problems_;
};

void check_limits(const crds::Metric& metric, const MetricSettings& settings, int32_t count,
                  SettingsReader& reader) {
  if (count > 1 && settings.interval == Duration::zero() && metric.interval.empty())
    reader.add("interval", "", "must be given when count is greater than 1");
  if (settings.failure_limit == kNoLimit && settings.consecutive_success_limit == 0) {
    reader.add("failureLimit", metric.failure_limit,
               "may be -1 only with a consecutiveSuccessLimit");
  }
  if (count == 0) return;
  const int64_t needed =
      int64_t{std::max(settings.failure_limit, 0)} + int64_t{settings.consecutive_success_limit};
  if (count < needed)
    reader.add("count", metric.count, "must be at least failureLimit + consecutiveSuccessLimit");
  if (count < settings.inconclusive_limit)
    reader.add("count", metric.count, "must be at least inconclusiveLimit");
}

Error first_problem(const crds::FieldProblems& problems) {
  return invalid(problems.front().sentence());
}

Result<std::optional<Expression>> compile(const std::string& text, std::string_view path,
                                          std::string_view field) {
  if (text.empty()) return std::nullopt;
  auto compiled = Expression::compile_condition(text);
  if (compiled) return std::move(*compiled);
  return fail(invalid(fmt::format("{}.{}: Invalid value: \"{}\": {}", path, field, text,
                                  compiled.error().to_string())));
}

Result<bool> rule_matches(const std::string& rule, const std::string& name) {
  const auto pattern = Pattern::compile(rule);
  if (!pattern) return fail(pattern.error());
  return pattern->found_in(name);
}

Result<void> apply_rules(PreparedMetric& prepared, const crds::AnalysisRunSpec& spec) {
  for (const crds::DryRun& rule : spec.dry_run) {
    const auto matches = rule_matches(rule.metric_name, prepared.metric.name);
    if (!matches) return fail(matches.error().within("spec.dryRun"));
    prepared.dry_run = prepared.dry_run || *matches;
  }
  for (const crds::MeasurementRetention& rule : spec.measurement_retention) {
    const auto matches = rule_matches(rule.metric_name, prepared.metric.name);
    if (!matches) return fail(matches.error().within("spec.measurementRetention"));
    if (!*matches || rule.limit < 1) continue;
    prepared.retention = std::min(rule.limit, kMeasurementsKeptMax);
    break;
  }
  return {};
}

Result<PreparedMetric> prepare(const crds::Metric& written, std::string_view path,
                               const crds::AnalysisRunSpec& spec, const ArgumentValues& values) {
  PreparedMetric prepared;
  auto metric = substitute_metric(written, values.values);
  if (!metric) return fail(metric.error().within(path));
  prepared.metric = std::move(*metric);
  crds::FieldProblems problems;
  prepared.settings = read_metric_settings(prepared.metric, path, problems);
  if (!problems.empty()) return fail(first_problem(problems));
  auto success = compile(prepared.metric.success_condition, path, "successCondition");
  if (!success) return fail(success.error());
  auto failure = compile(prepared.metric.failure_condition, path, "failureCondition");
  if (!failure) return fail(failure.error());
  prepared.success = std::move(*success);
  prepared.failure = std::move(*failure);
  if (const auto applied = apply_rules(prepared, spec); !applied) return fail(applied.error());
  return prepared;
}

}  // namespace

MetricSettings read_metric_settings(const crds::Metric& metric, std::string_view path,
                                    crds::FieldProblems& problems) {
  SettingsReader reader(path, problems);
  MetricSettings settings;
  settings.interval = reader.duration("interval", metric.interval);
  settings.initial_delay = reader.duration("initialDelay", metric.initial_delay);
  const int32_t count = reader.number("count", metric.count, 0).value_or(0);
  settings.failure_limit =
      reader.number("failureLimit", metric.failure_limit, kNoLimit).value_or(0);
  settings.inconclusive_limit =
      reader.number("inconclusiveLimit", metric.inconclusive_limit, 0).value_or(0);
  settings.limits_errors = !metric.consecutive_error_limit.empty();
  settings.consecutive_error_limit =
      reader.number("consecutiveErrorLimit", metric.consecutive_error_limit, 0)
          .value_or(kDefaultConsecutiveErrorLimit);
  settings.consecutive_success_limit =
      reader.number("consecutiveSuccessLimit", metric.consecutive_success_limit, 0).value_or(0);
  check_limits(metric, settings, count, reader);
  const bool endless = count == 0 && settings.interval > Duration::zero();
  if (!endless) settings.count = std::max(count, 1);
  return settings;
}

Result<std::vector<PreparedMetric>> prepare_metrics(const crds::AnalysisRunSpec& spec,
                                                    const ArgumentValues& values) {
  std::vector<PreparedMetric> prepared;
  std::set<std::string> names;
  prepared.reserve(spec.metrics.size());
  for (size_t i = 0; i < spec.metrics.size(); ++i) {
    auto metric = prepare(spec.metrics[i], fmt::format("spec.metrics[{}]", i), spec, values);
    if (!metric) {
      Error error = metric.error();
      error.message = redact(std::move(error.message), values.secrets);
      return fail(std::move(error));
    }
    // Results are found by the metric's name.
    if (!names.insert(metric->metric.name).second) {
      return fail(invalid(
          fmt::format("spec.metrics[{}].name: Duplicate value: \"{}\"", i, metric->metric.name)));
    }
    prepared.push_back(std::move(*metric));
  }
  return prepared;
}

}  // namespace sluice::analysis
