#pragma once

// What an AnalysisRun does next. `plan_run(run, metrics, in_flight, now)` gives the status so far,
// the measurements that are due, and when to ask again. The shell takes the measurements, lets
// record_measurement (analysis/judge.h) add them to the status, and plans again. Nothing is kept
// between calls: a process that starts anew plans from the stored status; a measurement that was in
// flight is taken again.

#include "analysis/judge.h"
#include "analysis/prepared_metric.h"
#include "crds/analysis.h"

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace sluice::analysis {

struct RunPlan {
  /// With phases, messages, summaries and times up to date. Once its phase is completed, what is
  /// still in flight is to be cancelled, and open measurements (judge.h) to be ended where they
  /// run: they no longer count.
  crds::AnalysisRunStatus status;
  /// Indices of the metrics to be measured now, or whose open measurement is to be carried on; none
  /// of them is in flight.
  std::vector<size_t> due;
  /// When the next measurement is due; absent where only the end of one in flight, or nothing, can
  /// bring the run further.
  std::optional<SystemTime> wake_at;
};

/// `metrics` are the run's, prepared, in order; `in_flight` are indices of those being measured
/// now. The first call sets startedAt; a terminated run (spec.terminate) and one with a metric that
/// ended badly end their other metrics at once.
RunPlan plan_run(const crds::AnalysisRun& run, std::span<const PreparedMetric> metrics,
                 const std::set<size_t>& in_flight, SystemTime now);

/// The status of a run that cannot be run at all (prepare_metrics failed, a Secret is missing):
/// phase Error with the message.
crds::AnalysisRunStatus error_status(const crds::AnalysisRun& run, const Error& error,
                                     SystemTime now);

}  // namespace sluice::analysis
