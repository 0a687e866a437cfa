#pragma once

// RolloutController: the loop around engine::plan. For each key: build a snapshot from the caches,
// plan, apply the actions in their order, and look again at what came of them; where there is
// nothing left to do, write the status if it changed, tell the news, and look again when the plan
// says. Killed between any two writes, it carries on from the cluster.

#include "base/clock.h"
#include "controller/analysis_checks.h"
#include "controller/asked_since.h"
#include "controller/cluster_view.h"
#include "controller/controller_metrics.h"
#include "controller/dependents.h"
#include "controller/event_sink.h"
#include "controller/explanation.h"
#include "controller/left_routes.h"
#include "controller/managed_services.h"
#include "controller/plan_applier.h"
#include "controller/pod_lists.h"
#include "controller/pod_looks.h"
#include "controller/second_controller.h"
#include "controller/snapshot_builder.h"
#include "controller/status_pace.h"
#include "controller/template_trial.h"
#include "controller/verdicts.h"
#include "controller/wait_news.h"
#include "controller/write_contests.h"
#include "kube/reconcile_loop.h"
#include "kube/write_line.h"
#include "net/task_group.h"
#include "traffic/router_registry.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::controller {

class RolloutController {
 public:
  /// All of them must outlive the controller.
  struct Parts {
    kube::ObjectStore& store;
    kube::WriteLine& writes;
    Clock& clock;
    ClusterView& view;
    Verdicts& verdicts;
    const traffic::RouterRegistry& routers;
    const analysis::ProviderChecks& providers;
    EventSink& events;
    ControllerMetrics& metrics;
  };

  RolloutController(Parts parts, const boost::asio::any_io_executor& executor);

  ~RolloutController();

  /// Subscribes to the caches, which must be synced, and spawns the workers: `tasks` must end
  /// before the controller.
  void start(net::TaskGroup& tasks);

  /// Why the Rollout stands where it stands.
  Explanation explain(const ObjectKey& key) const;

 private:
  using Outcome = Result<kube::Looked>;

  boost::asio::awaitable<Outcome> look(ObjectKey key);
  /// One plan and its application.
  boost::asio::awaitable<Outcome> pass(ObjectKey key, RolloutPtr rollout);
  /// For the plan's actions; `routers`, `names_taken` and `version` must outlive their application.
  PlanApplier::Target target_of(const RolloutPtr& rollout, const Routers& routers,
                                const engine::Plan& plan, std::set<std::string>* names_taken,
                                std::string* version) const;
  /// The plan by a verdict that is not stored yet, of which only the traffic is taken back.
  boost::asio::awaitable<Outcome> take_back(ObjectKey key, RolloutPtr rollout);
  boost::asio::awaitable<Outcome> let_go(ObjectKey key);
  /// True, and explained, where a router's kind has not been listed yet.
  bool waits_for_lists(const ObjectKey& key, const crds::Rollout& rollout);
  /// What is planned from: the cluster as it is, and the status as it was decided last.
  Observed observe_now(const ObjectKey& key, const crds::Decoded<crds::Rollout>& rollout);
  /// Puts what the shell itself waits for into the status: writes that were held back or refused.
  void add_waits(const crds::Rollout& rollout, const PlanApplier::Applied& applied, SystemTime now,
                 engine::Plan& plan);
  /// Beside a second controller, and where nothing that matters changes, the status that was found
  /// stays for now. True where the plan decides something, or writes what it found.
  bool hold_status(const crds::Rollout& rollout, engine::Plan& plan);
  boost::asio::awaitable<Result<void>> write_status(RolloutPtr rollout, crds::RolloutStatus status,
                                                    std::string version);
  /// Takes in what was done.
  void note_done(const crds::Rollout& rollout, const PlanApplier::Applied& applied);
  /// Sees to it that pods which the plan waits for are looked at, and those which it is to touch
  /// listed, and when to plan again for that.
  void look_at_pods(const ObjectKey& key, const engine::Snapshot& snapshot, engine::Plan& plan);
  /// False after a write that changed nothing, as when the installed CRD drops a field of ours: a
  /// further plan would only write the same again.
  bool moved_on(const ObjectKey& key, const RolloutPtr& from) const;
  void subscribe();
  /// Keeps why the Rollout stands where it stands, where there is anything to say.
  void explain_by(const ObjectKey& key, const engine::Plan& plan);
  void forget(const ObjectKey& key);
  /// Brings the metrics up to date.
  void show(const ObjectKey& key);
  /// Who wrote last, other than Sluice, to what the action is about.
  std::string last_writer(const ObjectKey& rollout, const Routers& routers,
                          const engine::Action& action) const;
  void note_routed(const ObjectKey& key, int64_t canary_weight);
  /// Tells the news; the effects of actions only where all of them were applied.
  void tell(const ObjectKey& key, const std::vector<engine::Reason>& reasons, bool applied);
  /// Says what failed: among the reasons, and once as an event.
  void complain(const ObjectKey& key, const Error& error);
  void add_dependents(const GroupVersionKind& gvk, const ObjectKey& key);
  void add_owner(const kube::WatchCache::Change& change);
  /// A router's kind has been listed, or is not to be had.
  void add_unlisted();
  void add_frozen(const std::string& from_namespace);
  /// A Service bears the name of a Rollout that does not exist.
  void add_if_gone(const ObjectKey& rollout);

  Parts parts_;
  PlanApplier applier_;
  LeftRoutes left_routes_;
  AnalysisChecks checks_;
  WriteContests contests_;
  AskedSince asked_since_;
  SecondController second_;
  StatusPace pace_;
  kube::ReconcileLoop loop_;
  Dependents dependents_;
  std::map<ObjectKey, std::set<std::string>> names_taken_;
  std::set<ObjectKey> unlisted_;  ///< They wait for the first list of a router's kind.
  TemplateTrials trials_;
  std::map<ObjectKey, Explanation> explanations_;
  PodLooks pod_looks_;
  PodLists pod_lists_;
  WaitNews wait_news_;
  net::TaskGroup* tasks_ = nullptr;              ///< The workers'; set by start().
  std::map<ObjectKey, std::string> complaints_;  ///< The last error that was told of each.
  std::vector<std::shared_ptr<void>> subscriptions_;
};

}  // namespace sluice::controller
