#pragma once

// Job: a metric that runs a batch/v1 Job to its end. A Job that completes is a success, one that
// fails a failure; conditions are not asked. Retries and time-outs are those of the Job's own spec
// (backoffLimit, activeDeadlineSeconds). The Job bears a name made of the run's UID, the metric and
// the measurement's number, so that a controller that starts anew finds it, and belongs to the run,
// with which it goes away. Of one metric as many Jobs are kept as measurements are.

#include "analysis/providers/metric_provider.h"
#include "kube/object_store.h"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// In a measurement's metadata: the name of its Job.
inline constexpr std::string_view kJobName = "job-name";
/// On a Job: the run that it belongs to.
inline constexpr std::string_view kJobRunUidLabel = "analysisrun.argoproj.io/uid";
inline constexpr std::string_view kJobRunNameAnnotation = "analysisrun.argoproj.io/name";
inline constexpr std::string_view kJobMetricAnnotation = "analysisrun.argoproj.io/metric-name";

/// How often a Job is looked at: after this, then ever less often.
inline constexpr Duration kJobLookMin = std::chrono::seconds(1);
inline constexpr Duration kJobLookMax = std::chrono::seconds(10);

/// A name of at most 63 characters that a Job may bear; equal for equal arguments only.
std::string job_name(std::string_view run_uid, std::string_view metric, int32_t number);

/// `store` and `clock` must outlive the provider. Without a store settings can be checked, and
/// nothing can be measured.
std::unique_ptr<MetricProvider> make_job_provider(kube::ObjectStore* store, Clock* clock);

}  // namespace sluice::analysis
