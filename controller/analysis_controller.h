#pragma once

// AnalysisController: the loop around analysis::plan_run. It takes the measurements that are due,
// each in a coroutine of its own so that a source that hangs delays nobody, and writes what they
// showed to the run. A measurement that was under way when the process died is taken again, or
// carried on where it goes on outside of the process. Once a run is over what is in flight is
// cancelled, and what goes on elsewhere is ended there.

#include "analysis/providers/metric_provider.h"
#include "analysis/run_planner.h"
#include "base/clock.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/verdicts.h"
#include "kube/object_store.h"
#include "kube/reconcile_loop.h"
#include "kube/write_line.h"
#include "net/task_group.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::controller {

class AnalysisController {
 public:
  /// All of them must outlive the controller.
  struct Parts {
    kube::ObjectStore& store;
    kube::WriteLine& writes;
    Clock& clock;
    ClusterView& view;
    Verdicts& verdicts;
    const analysis::ProviderRegistry& providers;
    ControllerMetrics& metrics;
  };

  AnalysisController(Parts parts, const boost::asio::any_io_executor& executor);

  /// Subscribes to the cache, which must be synced, and spawns the workers; `tasks` also owns the
  /// measurements and must end before the controller.
  void start(net::TaskGroup& tasks);

 private:
  /// What is under way for one run; nothing in it needs to survive the process. Metrics go by their
  /// names: somebody may change the run meanwhile.
  struct Progress {
    std::string uid;
    /// Times are planned in whole seconds. Each run waits a little longer than that, always the
    /// same, so that not all of them ask their sources and the API server at one moment.
    Duration offset{};
    std::map<std::string, net::TaskGroup::TaskId> in_flight{};
    /// By metric, until the stored run shows them. One each: the next measurement of a metric
    /// starts only when the last one is written.
    std::map<std::string, crds::Measurement> finished{};
  };

  boost::asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  /// Once a verdict is stored, the Rollout's next look goes by that.
  void settle_verdict(const ObjectKey& key);
  /// Cancels what is under way for a run that is over or gone.
  void abandon(const ObjectKey& key);
  /// Ends the open measurements of a run that is over, and writes that they are.
  boost::asio::awaitable<Result<kube::Looked>> end_open(AnalysisRunPtr run);
  /// What the run does next, with everything that is finished taken up.
  analysis::RunPlan plan(const crds::AnalysisRun& stored,
                         const std::vector<analysis::PreparedMetric>& metrics);
  /// Whether what was measured ends the run badly is found at once, before a worker is free for it.
  void foresee(const ObjectKey& key);
  /// Tells of a verdict before it is written: the answer to it waits for no write.
  void announce(const ObjectMeta& run, const crds::AnalysisRunStatus& status);
  boost::asio::awaitable<Result<void>> write_status(AnalysisRunPtr run,
                                                    crds::AnalysisRunStatus status);
  /// Begins a measurement, or carries the open one of `result` on.
  void start_measurement(const AnalysisRunPtr& run, size_t index, analysis::PreparedMetric planned,
                         const crds::MetricResult& result);
  boost::asio::awaitable<void> measure(AnalysisRunPtr run, size_t index,
                                       analysis::MeasurementTask task);
  /// A Secret that cannot be read makes a measurement of phase Error, as a silent source does.
  boost::asio::awaitable<crds::Measurement> take(AnalysisRunPtr run, size_t index,
                                                 analysis::MeasurementTask task);

  Parts parts_;
  kube::ReconcileLoop loop_;
  std::map<ObjectKey, Progress> progress_;
  net::TaskGroup* tasks_ = nullptr;
  std::shared_ptr<void> subscription_;
};

}  // namespace sluice::controller
