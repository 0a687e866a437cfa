#pragma once

// The judge: from a sample to a measurement, from measurements to a metric's verdict, from metrics
// to a run's verdict. Pure: time comes in as a value.
//
// No data. An empty answer is not a bad one. The rule: the conditions are evaluated on whatever was
// answered, so that a template can take a stand of its own (`len(result) == 0 || result[0] > 0.9`,
// `isNaN(result[0]) || …`, `default(result, 0) < 5`). Only where a condition cannot be decided
// *because* the answer is empty or NaN is the measurement "no data": phase Inconclusive, a message
// that starts with kNoDataPrefix and a mark in its metadata. It counts towards nothing (neither
// count nor any limit, it resets no streak) and is taken again after the metric's interval, 10
// seconds at most. A metric that had nothing but no data for kNoDataPatience is Inconclusive, so
// that nothing waits for ever: three minutes are two scrapes at Prometheus' default of one minute,
// which rate() needs, and one more for a target to be found.
//
// Unobservable. A source that cannot be asked says nothing about the revision: where the metric
// sets no consecutiveErrorLimit, such an error (not reached, too late, not able to answer, not
// understood) counts towards nothing either. A metric that could not be observed for
// kUnobservablePatience is Inconclusive. Where the limit is set it is honoured, as in Argo; and a
// question that the source refuses is an error in any case.

#include "analysis/metric_sample.h"
#include "analysis/prepared_metric.h"
#include "base/result.h"
#include "crds/analysis.h"

#include <span>
#include <string_view>

namespace sluice::analysis {

inline constexpr Duration kErrorRetry = std::chrono::seconds(10);
inline constexpr Duration kNoDataRetryMax = std::chrono::seconds(10);
inline constexpr Duration kNoDataPatience = std::chrono::minutes(3);
inline constexpr Duration kUnobservablePatience = std::chrono::minutes(3);
/// Bytes of a measurement's value and of its message that are kept; the API is no place for more.
inline constexpr size_t kMeasurementTextMax = 1'024;
inline constexpr std::string_view kNoDataPrefix = "no data yet: ";
/// In a measurement's metadata: present on one that found no data.
inline constexpr std::string_view kNoDataMark = "sluice.dev/no-data";
/// In a metric result's metadata: since when there is no data (RFC 3339).
inline constexpr std::string_view kNoDataSince = "sluice.dev/no-data-since";
/// In a measurement's metadata: present on one whose source could not be asked.
inline constexpr std::string_view kUnobservableMark = "sluice.dev/unobservable";
/// In a metric result's metadata: since when its source cannot be asked (RFC 3339).
inline constexpr std::string_view kUnobservableSince = "sluice.dev/unobservable-since";

/// Judges one sample, or the error in its place, by the metric's conditions: both absent is
/// Successful, only one given means its opposite for the other, both false is Inconclusive, both
/// true is Failed. Times are kept in whole seconds, as the API stores them.
crds::Measurement judge_sample(const PreparedMetric& metric, const Result<MetricSample>& sample,
                               SystemTime started_at, SystemTime finished_at);

bool is_no_data(const crds::Measurement& measurement);
bool is_unobservable(const crds::Measurement& measurement);

/// The metric's measurement that has begun and not ended (phase Running, always the last one), or
/// null.
const crds::Measurement* open_measurement(const crds::MetricResult& result);

/// Adds a measurement to the metric's result in `status`, in the place of the open one: counters,
/// streaks, and the oldest measurement beyond the retention dropped. One that has only begun counts
/// towards nothing. A metric that is completed already stays as it is.
void record_measurement(crds::AnalysisRunStatus& status, const PreparedMetric& metric,
                        crds::Measurement measurement);

/// A phase and the sentence that explains it; the sentence is empty for Pending and Running.
struct Verdict {
  crds::AnalysisPhase phase = crds::AnalysisPhase::Pending;
  std::string message;

  bool operator==(const Verdict&) const = default;
};

/// The metric's phase: `Metric "x" assessed Failed due to failed (1) > failureLimit (0)`.
/// `terminating` ends a metric that has not ended by itself: an endless one that has shown
/// something is Successful; one that is short of its count or streak, or has shown nothing, is
/// Inconclusive.
Verdict assess_metric(const PreparedMetric& metric, const crds::MetricResult& result,
                      bool terminating);

/// The worst phase and its message over the completed metrics that are no dry-run: Failed, Error,
/// Inconclusive, Successful.
Verdict worst_verdict(const crds::AnalysisRunStatus& status);

/// The same, but Running while a metric goes on; dry-run metrics that have an end are waited for.
Verdict assess_run(std::span<const PreparedMetric> metrics, const crds::AnalysisRunStatus& status);

/// How many metrics ended how, over the dry-run ones or over the others.
crds::RunSummary summarize(const crds::AnalysisRunStatus& status, bool dry_run);

}  // namespace sluice::analysis
