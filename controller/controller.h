#pragma once

// Controller: the caches and the loops of one process, composed. It holds no state of its own that
// matters: stop it at any moment, start it anywhere.

#include "analysis/providers/metric_provider.h"
#include "controller/analysis_controller.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/event_sink.h"
#include "controller/rollout_controller.h"
#include "net/task_group.h"
#include "traffic/router_registry.h"

#include <string>

namespace sluice::controller {

class Controller {
 public:
  /// All of them must outlive the controller.
  struct Parts {
    kube::ObjectStore& store;
    Clock& clock;
    const traffic::RouterRegistry& routers;
    const analysis::ProviderRegistry& providers;
    EventSink& events;
  };

  /// Watches `namespace_`, or all namespaces where it is empty.
  Controller(Parts parts, const boost::asio::any_io_executor& executor, std::string namespace_);

  /// Starts to watch; the loops follow as soon as everything has been listed.
  void start();
  /// Ends all work and waits for it; must be awaited before destruction.
  boost::asio::awaitable<void> stop();

  /// True once it acts on what it sees: readiness.
  bool ready() const;

  ClusterView& view() { return view_; }

  const ClusterView& view() const { return view_; }

  ControllerMetrics& metrics() { return metrics_; }

  Explanation explain(const ObjectKey& rollout) const { return rollouts_.explain(rollout); }

 private:
  boost::asio::awaitable<void> begin();

  ClusterView view_;
  ControllerMetrics metrics_;
  analysis::ProviderChecks provider_checks_;
  RolloutController rollouts_;
  AnalysisController analyses_;
  net::TaskGroup tasks_;
  bool ready_ = false;
};

}  // namespace sluice::controller
