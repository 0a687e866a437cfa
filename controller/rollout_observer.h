#pragma once

// RolloutObserver: `sluice controller --observe-only`. It stands beside another engine, plans what
// Sluice would do of each Rollout, and reports where the two differ. It has no store: it reads what
// the caches know, and has nothing to write with.

#include "base/clock.h"
#include "controller/analysis_checks.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/engine_comparison.h"
#include "controller/event_sink.h"
#include "controller/explanation.h"
#include "engine/plan.h"
#include "kube/reconcile_loop.h"
#include "net/task_group.h"
#include "traffic/router_registry.h"

#include <map>

namespace sluice::controller {

class RolloutObserver {
 public:
  /// All of them must outlive the observer.
  struct Parts {
    Clock& clock;
    ClusterView& view;
    const traffic::RouterRegistry& routers;
    const analysis::ProviderChecks& providers;
    EventSink& events;
    ControllerMetrics& metrics;
  };

  RolloutObserver(Parts parts, const boost::asio::any_io_executor& executor);

  /// Subscribes to the caches: call before they start.
  void subscribe();
  /// Spawns the worker; call once the caches are synced.
  void start(net::TaskGroup& tasks);

  /// What Sluice would wait for, and where the two engines differed last.
  Explanation explain(const ObjectKey& key) const;

 private:
  boost::asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  void note(const kube::WatchCache::Change& change);
  void tell(const ObjectKey& key, const EngineComparison::Findings& findings);

  Parts parts_;
  AnalysisChecks checks_;
  EngineComparison comparison_;
  kube::ReconcileLoop loop_;
  std::map<ObjectKey, Explanation> explanations_;
};

}  // namespace sluice::controller
