#include "analysis/judge.h"

#include "base/short_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

/// What a condition said: true, false, or that it cannot be known.
struct Opinion {
  std::optional<bool> holds;
  std::string no_data_reason;
};

Result<Opinion> ask(const std::optional<Expression>& condition, std::string_view field,
                    const MetricSample& sample, SystemTime now) {
  if (!condition) return Opinion{};
  // What the answer is decides whether the condition makes sense: once it is there, types are
  // known.
  const StaticType type = sample.type.value_or(type_of(sample.result));
  const auto typed = Expression::compile_condition(condition->text(), type);
  if (!typed) return fail(invalid(fmt::format("{}: {}", field, typed.error().to_string())));
  const auto value = typed->evaluate(sample.result, now);
  if (!value) return fail(value.error().within(field));
  if (value->is_no_data()) return Opinion{std::nullopt, std::string(value->no_data_reason())};
  if (value->as_bool() == nullptr)
    return fail(invalid(fmt::format("{}: gave {}, not true or false", field, value->type_name())));
  return Opinion{*value->as_bool(), {}};
}

crds::Measurement no_data(crds::Measurement measurement, const std::string& reason) {
  measurement.phase = AnalysisPhase::Inconclusive;
  measurement.message = std::string(kNoDataPrefix) + reason;
  measurement.metadata[std::string(kNoDataMark)] = "true";
  return measurement;
}

crds::Measurement error(crds::Measurement measurement, std::string message) {
  measurement.phase = AnalysisPhase::Error;
  measurement.message = std::move(message);
  return measurement;
}

/// The source could not be asked, which says nothing about what it would have answered.
bool says_nothing(ErrorCode code) {
  return code == ErrorCode::Timeout || code == ErrorCode::Unavailable ||
         code == ErrorCode::Internal;
}

crds::Measurement not_sampled(const PreparedMetric& metric, crds::Measurement measurement,
                              const Error& why) {
  if (says_nothing(why.code) && !metric.settings.limits_errors)
    measurement.metadata[std::string(kUnobservableMark)] = "true";
  return error(std::move(measurement), why.message);
}

AnalysisPhase phase_of(const PreparedMetric& metric, const Opinion& success,
                       const Opinion& failure) {
  if (!metric.success && !metric.failure) return AnalysisPhase::Successful;
  const bool succeeded = metric.success ? *success.holds : !*failure.holds;
  const bool failed = metric.failure ? *failure.holds : !*success.holds;
  if (failed) return AnalysisPhase::Failed;
  return succeeded ? AnalysisPhase::Successful : AnalysisPhase::Inconclusive;
}

/// Counts a finished measurement that found data.
void count(crds::MetricResult& result, const crds::Measurement& measurement) {
  const bool erred = measurement.phase == AnalysisPhase::Error;
  const bool succeeded = measurement.phase == AnalysisPhase::Successful;
  result.consecutive_error = erred ? result.consecutive_error + 1 : 0;
  result.consecutive_success = succeeded ? result.consecutive_success + 1 : 0;
  if (erred) {
    ++result.error;
    return;
  }
  ++result.count;
  if (succeeded)
    ++result.successful;
  else if (measurement.phase == AnalysisPhase::Failed)
    ++result.failed;
  else
    ++result.inconclusive;
}

/// Remembers since when there is no data, or no source to be asked.
void note_since(crds::MetricResult& result, std::string_view mark,
                const crds::Measurement& measurement) {
  const SystemTime at = measurement.started_at.value_or(SystemTime{});
  std::string& noted = result.metadata[std::string(mark)];
  const auto since = parse_time(noted);
  // One in the future is of before the clock was set back.
  if (!since || *since > at) noted = format_time(at);
}

/// True once what the mark tells of has lasted for so long, up to the last measurement.
bool has_lasted(const crds::MetricResult& result, std::string_view mark, Duration patience) {
  const auto noted = result.metadata.find(std::string(mark));
  if (noted == result.metadata.end() || result.measurements.empty()) return false;
  const auto since = parse_time(noted->second);
  const auto until = result.measurements.back().finished_at;
  return since && until && *until - *since >= patience;
}

/// `failed (1) > failureLimit (0)`
std::string exceeded(std::string_view what, int32_t number, std::string_view limit_name,
                     int32_t limit) {
  return fmt::format("{} ({}) > {} ({})", what, number, limit_name, limit);
}

Verdict assessed(const crds::MetricResult& result, AnalysisPhase phase, std::string_view why) {
  return {phase, fmt::format("Metric \"{}\" assessed {} due to {}", result.name,
                             crds::to_string(phase), why)};
}

/// The verdict that a limit brings, if one is passed.
std::optional<Verdict> assess_limits(const MetricSettings& settings,
                                     const crds::MetricResult& result) {
  if (settings.failure_limit != kNoLimit && result.failed > settings.failure_limit) {
    return assessed(result, AnalysisPhase::Failed,
                    exceeded("failed", result.failed, "failureLimit", settings.failure_limit));
  }
  if (result.inconclusive > settings.inconclusive_limit) {
    return assessed(result, AnalysisPhase::Inconclusive,
                    exceeded("inconclusive", result.inconclusive, "inconclusiveLimit",
                             settings.inconclusive_limit));
  }
  if (result.consecutive_error > settings.consecutive_error_limit) {
    const std::string& last =
        result.measurements.empty() ? std::string{} : result.measurements.back().message;
    return assessed(result, AnalysisPhase::Error,
                    exceeded("consecutiveErrors", result.consecutive_error, "consecutiveErrorLimit",
                             settings.consecutive_error_limit) +
                        (last.empty() ? "" : fmt::format(": \"Error Message: {}\"", last)));
  }
  if (has_lasted(result, kNoDataSince, kNoDataPatience)) {
    return assessed(result, AnalysisPhase::Inconclusive,
                    fmt::format("no data for {}", format_duration(kNoDataPatience)));
  }
  if (has_lasted(result, kUnobservableSince, kUnobservablePatience)) {
    return assessed(
        result, AnalysisPhase::Inconclusive,
        fmt::format("a source that could not be asked for {}: {}",
                    format_duration(kUnobservablePatience), result.measurements.back().message));
  }
  return std::nullopt;
}

/// The verdict once `count` measurements are in.
Verdict assess_count(const MetricSettings& settings, const crds::MetricResult& result) {
  if (settings.consecutive_success_limit == 0) return {AnalysisPhase::Successful, ""};
  const std::string why =
      fmt::format("consecutiveSuccess ({}) < consecutiveSuccessLimit ({}) after {} measurements",
                  result.consecutive_success, settings.consecutive_success_limit, result.count);
  const bool failures_limited = settings.failure_limit != kNoLimit;
  return assessed(result, failures_limited ? AnalysisPhase::Inconclusive : AnalysisPhase::Failed,
                  why);
}

/// The verdict on a metric that could not go on to its own end. One that has an end, and has not
/// come to it, has shown too little to be called good; an endless one needs to have shown
/// something.
Verdict assess_early_end(const MetricSettings& settings, const crds::MetricResult& result) {
  if (settings.count) {
    return assessed(
        result, AnalysisPhase::Inconclusive,
        fmt::format("an early end: {} of {} measurements", result.count, *settings.count));
  }
  if (settings.consecutive_success_limit > 0) {
    return assessed(result, AnalysisPhase::Inconclusive,
                    fmt::format("an early end: {} of {} successes in a row",
                                result.consecutive_success, settings.consecutive_success_limit));
  }
  if (result.count == 0) {
    return assessed(result, AnalysisPhase::Inconclusive,
                    "an early end: no measurement has shown anything");
  }
  return {AnalysisPhase::Successful, ""};
}

/// Worst first.
constexpr std::array kWorstFirst{AnalysisPhase::Failed,       AnalysisPhase::Error,
                                 AnalysisPhase::Inconclusive, AnalysisPhase::Pending,
                                 AnalysisPhase::Running,      AnalysisPhase::Successful};

size_t badness(AnalysisPhase phase) {
  const auto* found = std::find(kWorstFirst.begin(), kWorstFirst.end(), phase);
  return static_cast<size_t>(kWorstFirst.end() - found);
}

/// A metric holds its run up until it is completed; a dry-run only where it has an end.
bool is_waited_for(const PreparedMetric& metric, const crds::MetricResult& result, bool all_dry) {
  if (crds::is_completed(result.phase)) return false;
  return !result.dry_run || metric.settings.count || all_dry;
}

}  // namespace

crds::Measurement judge_sample(const PreparedMetric& metric, const Result<MetricSample>& sample,
                               SystemTime started_at, SystemTime finished_at) {
  crds::Measurement measurement;
  measurement.started_at = whole_seconds(started_at);
  measurement.finished_at = whole_seconds(finished_at);
  if (!sample) return not_sampled(metric, std::move(measurement), sample.error());
  measurement.value = sample->text;
  measurement.metadata = sample->metadata;
  if (sample->passed) {
    measurement.phase = *sample->passed ? AnalysisPhase::Successful : AnalysisPhase::Failed;
    measurement.message = sample->message;
    return measurement;
  }

  const auto success = ask(metric.success, "successCondition", *sample, finished_at);
  if (!success) return error(std::move(measurement), success.error().message);
  const auto failure = ask(metric.failure, "failureCondition", *sample, finished_at);
  if (!failure) return error(std::move(measurement), failure.error().message);

  // A failure condition that holds needs no second opinion.
  const bool failed = failure->holds.value_or(false);
  const bool unknown = (metric.success && !success->holds) || (metric.failure && !failure->holds);
  if (unknown && !failed) {
    const std::string& reason =
        success->no_data_reason.empty() ? failure->no_data_reason : success->no_data_reason;
    return no_data(std::move(measurement), reason);
  }
  measurement.phase = failed ? AnalysisPhase::Failed : phase_of(metric, *success, *failure);
  return measurement;
}

bool is_no_data(const crds::Measurement& measurement) {
  return measurement.metadata.contains(kNoDataMark);
}

bool is_unobservable(const crds::Measurement& measurement) {
  return measurement.metadata.contains(kUnobservableMark);
}

const crds::Measurement* open_measurement(const crds::MetricResult& result) {
  const bool open =
      !result.measurements.empty() && !crds::is_completed(result.measurements.back().phase);
  return open ? &result.measurements.back() : nullptr;
}

void record_measurement(crds::AnalysisRunStatus& status, const PreparedMetric& metric,
                        crds::Measurement measurement) {
  const auto found = std::find_if(
      status.metric_results.begin(), status.metric_results.end(),
      [&](const crds::MetricResult& result) { return result.name == metric.metric.name; });
  crds::MetricResult& result =
      found == status.metric_results.end() ? status.metric_results.emplace_back() : *found;
  if (crds::is_completed(result.phase)) return;
  result.name = metric.metric.name;
  result.dry_run = metric.dry_run;
  if (open_measurement(result) != nullptr) result.measurements.pop_back();
  if (!crds::is_completed(measurement.phase)) {
    // Nothing is counted before it is finished.
  } else if (is_unobservable(measurement)) {
    note_since(result, kUnobservableSince, measurement);
    ++result.error;
  } else if (is_no_data(measurement)) {
    result.metadata.erase(std::string(kUnobservableSince));
    note_since(result, kNoDataSince, measurement);
  } else {
    result.metadata.erase(std::string(kUnobservableSince));
    if (measurement.phase != AnalysisPhase::Error) result.metadata.erase(std::string(kNoDataSince));
    count(result, measurement);
  }
  measurement.value = shortened(measurement.value, kMeasurementTextMax);
  measurement.message = shortened(measurement.message, kMeasurementTextMax);
  result.measurements.push_back(std::move(measurement));
  const auto kept = static_cast<size_t>(std::max(metric.retention, 1));
  if (result.measurements.size() > kept) {
    const auto surplus = static_cast<ptrdiff_t>(result.measurements.size() - kept);
    result.measurements.erase(result.measurements.begin(), result.measurements.begin() + surplus);
  }
}

Verdict assess_metric(const PreparedMetric& metric, const crds::MetricResult& result,
                      bool terminating) {
  if (crds::is_completed(result.phase)) return {result.phase, result.message};
  const MetricSettings& settings = metric.settings;
  if (auto verdict = assess_limits(settings, result)) return *verdict;
  const int32_t streak = settings.consecutive_success_limit;
  if (streak > 0 && result.consecutive_success >= streak) return {AnalysisPhase::Successful, ""};
  if (settings.count && result.count >= *settings.count) return assess_count(settings, result);
  if (terminating) return assess_early_end(settings, result);
  return {result.measurements.empty() ? AnalysisPhase::Pending : AnalysisPhase::Running, ""};
}

Verdict worst_verdict(const crds::AnalysisRunStatus& status) {
  Verdict worst{AnalysisPhase::Successful, ""};
  for (const crds::MetricResult& result : status.metric_results) {
    const bool counts = !result.dry_run && crds::is_completed(result.phase);
    if (counts && badness(result.phase) > badness(worst.phase))
      worst = {result.phase, result.message};
  }
  return worst;
}

Verdict assess_run(std::span<const PreparedMetric> metrics, const crds::AnalysisRunStatus& status) {
  const auto& results = status.metric_results;
  const bool all_dry = std::all_of(results.begin(), results.end(),
                                   [](const crds::MetricResult& one) { return one.dry_run; });
  for (size_t i = 0; i < results.size(); ++i)
    if (is_waited_for(metrics[i], results[i], all_dry)) return {AnalysisPhase::Running, ""};
  return worst_verdict(status);
}

crds::RunSummary summarize(const crds::AnalysisRunStatus& status, bool dry_run) {
  crds::RunSummary summary;
  for (const crds::MetricResult& result : status.metric_results) {
    if (result.dry_run != dry_run) continue;
    ++summary.count;
    summary.successful += result.phase == AnalysisPhase::Successful ? 1 : 0;
    summary.failed += result.phase == AnalysisPhase::Failed ? 1 : 0;
    summary.inconclusive += result.phase == AnalysisPhase::Inconclusive ? 1 : 0;
    summary.error += result.phase == AnalysisPhase::Error ? 1 : 0;
  }
  return summary;
}

}  // namespace sluice::analysis
