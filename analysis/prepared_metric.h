#pragma once

// A metric made ready to be measured and judged: arguments put in, numbers read, conditions
// compiled. It is made anew from the run's spec whenever it is needed and never stored.

#include "analysis/arguments.h"
#include "analysis/expression.h"
#include "base/result.h"
#include "crds/analysis.h"
#include "crds/field_problem.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

/// Measurements kept for a metric unless measurementRetention says otherwise.
inline constexpr int32_t kMeasurementsKept = 10;
/// At most, whatever it says: an object of the API has room for little more than a megabyte.
inline constexpr int32_t kMeasurementsKeptMax = 500;
inline constexpr int32_t kDefaultConsecutiveErrorLimit = 4;
/// The longest interval and initialDelay: ten years, far from where times overflow.
inline constexpr Duration kSpanMax = std::chrono::hours(87'600);
/// A failureLimit of this is never exceeded.
inline constexpr int32_t kNoLimit = -1;

/// The numbers of a metric with their defaults.
struct MetricSettings {
  /// Zero: measured once.
  Duration interval{};
  Duration initial_delay{};
  /// Measurements that end the metric; absent: it goes on until its run is terminated.
  std::optional<int32_t> count;
  int32_t failure_limit = 0;
  int32_t inconclusive_limit = 0;
  int32_t consecutive_error_limit = kDefaultConsecutiveErrorLimit;
  /// The metric sets that limit itself: also a source that cannot be asked counts towards it.
  bool limits_errors = false;
  int32_t consecutive_success_limit = 0;  ///< 0: off
};

/// Reads and checks the numbers of the metric at `path`; what is wrong is added to `problems`, and
/// the field keeps its default. The rules are Argo's: count > 1 needs an interval; count is at
/// least failureLimit + consecutiveSuccessLimit, and at least inconclusiveLimit; failureLimit may
/// be -1 only with a consecutiveSuccessLimit.
MetricSettings read_metric_settings(const crds::Metric& metric, std::string_view path,
                                    crds::FieldProblems& problems);

struct PreparedMetric {
  crds::Metric metric;
  MetricSettings settings;
  std::optional<Expression> success;
  std::optional<Expression> failure;
  bool dry_run = false;
  int32_t retention = kMeasurementsKept;
};

/// All metrics of a run, in order; no two have the same name. Errors are Invalid and name the first
/// field that is wrong, without secrets: "spec.metrics[0].successCondition: …".
Result<std::vector<PreparedMetric>> prepare_metrics(const crds::AnalysisRunSpec& spec,
                                                    const ArgumentValues& values);

}  // namespace sluice::analysis
