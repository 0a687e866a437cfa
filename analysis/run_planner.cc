#include "analysis/run_planner.h"

#include <algorithm>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

bool ended_badly(const crds::MetricResult& result) {
  return !result.dry_run && crds::is_completed(result.phase) &&
         result.phase != AnalysisPhase::Successful;
}

/// Results in the order of the metrics, one for each; those of a stored status are kept.
std::vector<crds::MetricResult> results_for(std::span<const PreparedMetric> metrics,
                                            const crds::AnalysisRunStatus& status) {
  std::vector<crds::MetricResult> results;
  results.reserve(metrics.size());
  for (const PreparedMetric& metric : metrics) {
    const auto found = std::find_if(
        status.metric_results.begin(), status.metric_results.end(),
        [&](const crds::MetricResult& result) { return result.name == metric.metric.name; });
    if (found != status.metric_results.end()) {
      results.push_back(*found);
      continue;
    }
    results.push_back({.name = metric.metric.name, .dry_run = metric.dry_run});
  }
  return results;
}

/// Times are stored in whole seconds: a fraction of one would measure again and again until the
/// second is over.
Duration interval_of(const MetricSettings& settings) {
  constexpr Duration kShortest = std::chrono::seconds(1);
  return std::max<Duration>(std::chrono::ceil<std::chrono::seconds>(settings.interval), kShortest);
}

/// When the metric is to be measured next. Intervals run from start to start, so that slow answers
/// do not stretch them; a measurement that took longer than its interval is followed at once, and
/// so is one that lies in the future: the clock was set back since.
SystemTime next_measurement(const PreparedMetric& metric, const crds::MetricResult& result,
                            SystemTime started_at, SystemTime now) {
  const MetricSettings& settings = metric.settings;
  if (result.measurements.empty()) return started_at + settings.initial_delay;
  const crds::Measurement& last = result.measurements.back();
  if (last.started_at.value_or(started_at) > now) return now;
  if (!crds::is_completed(last.phase)) return last.resume_at.value_or(started_at);
  const SystemTime finished = last.finished_at.value_or(started_at);
  if (last.phase == AnalysisPhase::Error) return finished + kErrorRetry;
  if (is_no_data(last)) {
    const bool repeated = settings.interval > Duration::zero();
    return finished +
           (repeated ? std::min(interval_of(settings), kNoDataRetryMax) : kNoDataRetryMax);
  }
  return last.started_at.value_or(finished) + interval_of(settings);
}

void assess(std::span<const PreparedMetric> metrics, crds::AnalysisRunStatus& status,
            bool terminating) {
  for (size_t i = 0; i < metrics.size(); ++i) {
    crds::MetricResult& result = status.metric_results[i];
    const Verdict verdict = assess_metric(metrics[i], result, terminating);
    result.phase = verdict.phase;
    result.message = verdict.message;
  }
}

void summarize_into(crds::AnalysisRunStatus& status) {
  status.run_summary = summarize(status, false);
  const crds::RunSummary dry_run = summarize(status, true);
  status.dry_run_summary = dry_run.count > 0 ? std::optional(dry_run) : std::nullopt;
}

/// Ends what is still open: endless dry-runs when the run is over.
void close_open_metrics(std::span<const PreparedMetric> metrics, crds::AnalysisRunStatus& status,
                        SystemTime now) {
  assess(metrics, status, true);
  status.completed_at = whole_seconds(now);
}

void schedule(std::span<const PreparedMetric> metrics, const std::set<size_t>& in_flight,
              SystemTime now, RunPlan& plan) {
  for (size_t i = 0; i < metrics.size(); ++i) {
    const crds::MetricResult& result = plan.status.metric_results[i];
    if (crds::is_completed(result.phase) || in_flight.contains(i)) continue;
    const SystemTime at = next_measurement(metrics[i], result, *plan.status.started_at, now);
    if (at <= now)
      plan.due.push_back(i);
    else
      plan.wake_at = std::min(plan.wake_at.value_or(at), at);
  }
}

}  // namespace

RunPlan plan_run(const crds::AnalysisRun& run, std::span<const PreparedMetric> metrics,
                 const std::set<size_t>& in_flight, SystemTime now) {
  RunPlan plan{.status = run.status, .due = {}, .wake_at = {}};
  crds::AnalysisRunStatus& status = plan.status;
  if (crds::is_completed(status.phase)) return plan;
  if (metrics.empty()) {
    // Nothing asked is nothing known: it must not pass for a success.
    status = error_status(run, invalid("the run has no metrics"), now);
    return plan;
  }
  // The clock may have been set back since.
  status.started_at = std::min(status.started_at.value_or(now), whole_seconds(now));
  status.metric_results = results_for(metrics, status);

  assess(metrics, status, run.spec.terminate);
  // One bad metric decides: the others are not worth waiting for, and their early end is no reason.
  const auto& results = status.metric_results;
  const bool decided = std::any_of(results.begin(), results.end(), ended_badly);
  const Verdict verdict = decided ? worst_verdict(status) : assess_run(metrics, status);
  status.phase = verdict.phase;
  status.message = verdict.message;
  if (crds::is_completed(status.phase))
    close_open_metrics(metrics, status, now);
  else
    schedule(metrics, in_flight, now, plan);
  summarize_into(status);
  return plan;
}

crds::AnalysisRunStatus error_status(const crds::AnalysisRun& run, const Error& error,
                                     SystemTime now) {
  crds::AnalysisRunStatus status = run.status;
  status.phase = AnalysisPhase::Error;
  status.message = error.message;
  if (!status.started_at) status.started_at = whole_seconds(now);
  status.completed_at = whole_seconds(now);
  return status;
}

}  // namespace sluice::analysis
