#pragma once

// The metrics of an AnalysisRun in two states of knowledge. What is known without any Secret is
// enough to plan by and to judge by. One metric with everything put in is made for one measurement
// only: its Secrets are read live and kept nowhere.

#include "analysis/prepared_metric.h"
#include "controller/cluster_view.h"
#include "kube/object_store.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <vector>

namespace sluice::controller {

/// The run's metrics in order, without the conditions and provider settings that refer to a Secret:
/// not for judging a sample. Errors are Invalid and last: the run cannot be run. A Secret in any
/// other field (name, interval, count, a limit) is one of them.
Result<std::vector<analysis::PreparedMetric>> plannable_metrics(crds::AnalysisRunSpec spec);

/// A metric ready to be measured, and the values that it was made with.
struct MeasurableMetric {
  analysis::PreparedMetric metric;
  analysis::ArgumentValues values;
};

/// The run's metric number `index` with the values of this moment. The error of a Secret that
/// cannot be read names the Secret and the key; no error shows a value. `store` must outlive the
/// call.
boost::asio::awaitable<Result<MeasurableMetric>> measurable_metric(kube::ObjectStore& store,
                                                                   AnalysisRunPtr run,
                                                                   size_t index);

}  // namespace sluice::controller
