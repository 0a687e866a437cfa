#pragma once

// Controller: the caches and the loops of one process, composed. It holds no state of its own that
// matters: stop it at any moment, start it anywhere.
//
// The caches are filled and kept up to date whether this process leads or not. The loops live for
// one term of its leadership (kube/leadership.h): what they remember ends with it, so a term begins
// as a new process would, but for the lists that it need not ask for.

#include "analysis/providers/metric_provider.h"
#include "controller/analysis_controller.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/event_sink.h"
#include "controller/rollout_controller.h"
#include "controller/rollout_observer.h"
#include "controller/verdicts.h"
#include "kube/leadership.h"
#include "kube/write_line.h"
#include "net/task_group.h"
#include "traffic/router_registry.h"

#include <optional>
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
    kube::Leadership& leadership;
    /// Stand beside another engine: plan, compare, and write nothing at all.
    bool observe_only = false;
  };

  Controller(Parts parts, const boost::asio::any_io_executor& executor, const Scope& scope);

  /// Starts to watch; the loops follow as soon as everything has been listed and it leads.
  void start();
  /// Ends all work and waits for it; must be awaited before destruction.
  boost::asio::awaitable<void> stop();

  /// True once it acts on what it sees, or could at once: readiness.
  bool ready();

  const kube::StandingReport& standing() const { return parts_.leadership.report(); }

  ClusterView& view() { return view_; }

  const ClusterView& view() const { return view_; }

  /// The exposition text of everything that is counted.
  std::string metrics_text();

  /// Where it does not lead, that is all that it can tell.
  Explanation explain(const ObjectKey& rollout) const;

 private:
  /// The loops of one term, which begin with all that the caches hold.
  struct Term {
    Term(Controller& controller, const boost::asio::any_io_executor& executor);

    Verdicts verdicts;
    RolloutController rollouts;
    AnalysisController analyses;
    net::TaskGroup tasks;
  };

  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> end_term();
  /// Has the kinds listed that the Rollout's routers read, before anybody looks at it; also where
  /// this process stands by, so that it need not ask for them once it leads.
  void prepare(const kube::WatchCache::Change& change);

  Parts parts_;
  boost::asio::any_io_executor executor_;
  kube::WriteLine writes_;
  ClusterView view_;
  ControllerMetrics metrics_;
  analysis::ProviderChecks provider_checks_;
  std::optional<Term> term_;
  RolloutObserver observer_;
  net::TaskGroup tasks_;
  bool synced_ = false;
};

}  // namespace sluice::controller
