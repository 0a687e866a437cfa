#pragma once

// AnalysisController: the loop around analysis::plan_run. It takes the measurements that are due,
// each in a coroutine of its own so that a source that hangs delays nobody, and writes what they
// showed to the run. A measurement that was under way when the process died is taken again.

#include "analysis/providers/metric_provider.h"
#include "base/clock.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/work_queue.h"
#include "kube/object_store.h"
#include "net/task_group.h"

#include <map>
#include <set>
#include <vector>

namespace sluice::controller {

class AnalysisController {
 public:
  /// All of them must outlive the controller.
  struct Parts {
    kube::ObjectStore& store;
    Clock& clock;
    ClusterView& view;
    const analysis::ProviderRegistry& providers;
    ControllerMetrics& metrics;
  };

  AnalysisController(Parts parts, const boost::asio::any_io_executor& executor);

  /// Subscribes to the caches: call before they start.
  void subscribe();
  /// Spawns the workers; `tasks` also owns the measurements and must outlive the controller's use.
  void start(net::TaskGroup& tasks);

 private:
  struct Finished {
    std::string metric;
    crds::Measurement measurement;
  };

  /// What is under way for one run; nothing in it needs to survive the process. Metrics go by their
  /// names: somebody may change the run meanwhile.
  struct Progress {
    std::string uid;
    std::set<std::string> in_flight;
    std::vector<Finished> finished;  ///< Not yet written to the run.
  };

  struct Outcome {
    bool failed = false;
    bool gone = false;
    std::optional<Duration> wake_after;
  };

  boost::asio::awaitable<void> work();
  boost::asio::awaitable<Outcome> reconcile(ObjectKey key);
  boost::asio::awaitable<void> measure(ObjectKey key, std::string uid,
                                       analysis::PreparedMetric metric,
                                       analysis::ArgumentValues values);
  /// Adds what is finished to the status; gives the indices of the metrics being measured now.
  static std::set<size_t> take_up(const Progress& progress,
                                  const std::vector<analysis::PreparedMetric>& metrics,
                                  crds::AnalysisRunStatus& status);
  /// Starts the measurement of how long the answer to a bad verdict takes.
  void note_verdict(const ObjectMeta& run, crds::AnalysisPhase phase);
  boost::asio::awaitable<Result<analysis::ArgumentValues>> read_arguments(crds::AnalysisRun run);
  boost::asio::awaitable<Result<void>> write_status(AnalysisRunPtr run,
                                                    crds::AnalysisRunStatus status);

  Parts parts_;
  WorkQueue queue_;
  std::map<ObjectKey, Progress> progress_;
  net::TaskGroup* tasks_ = nullptr;
};

}  // namespace sluice::controller
