#pragma once

// ClusterView: the watch caches of everything that the controllers decide from, with what was
// decoded of their objects. Nobody else holds cluster state. The caches are compact: what is at
// rest is held as trimmed text (controller/object_trims.h). What every Rollout needs is watched
// from the start; routers' own kinds once the first Rollout needs them, so that a cluster without
// them is not asked for them.

#include "controller/memo.h"
#include "controller/parsed_objects.h"
#include "controller/service_managers.h"
#include "controller/template_sums_memo.h"
#include "crds/field_problem.h"
#include "crds/freeze.h"
#include "crds/rollout.h"
#include "crds/validation.h"
#include "engine/snapshot.h"
#include "kube/watch_cache.h"
#include "net/task_group.h"
#include "traffic/router_registry.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::controller {

using RolloutPtr = std::shared_ptr<const crds::Decoded<crds::Rollout>>;
using AnalysisRunPtr = std::shared_ptr<const crds::Decoded<crds::AnalysisRun>>;
using TemplatePtr = std::shared_ptr<const crds::Decoded<crds::AnalysisTemplate>>;

/// Which objects are this controller's.
struct Scope {
  std::string namespace_{};  ///< Empty: all.
  /// Rollouts and AnalysisRuns whose label crds::kInstanceIdLabel says so; empty: those without it.
  std::string instance_id{};
  /// Nothing is asked for outside of the namespace: ClusterAnalysisTemplates are not there.
  bool namespaced = false;
};

class ClusterView {
 public:
  using KindObserver =
      std::function<void(const GroupVersionKind& gvk, const kube::WatchCache::Change& change)>;

  /// `store` and `clock` must outlive the view.
  ClusterView(kube::ObjectStore& store, Clock& clock, const boost::asio::any_io_executor& executor,
              const Scope& scope);

  /// Spawns the watches; `tasks` must end before the view.
  void start(net::TaskGroup& tasks);
  /// Returns when everything has been listed but for what the cluster may not show to us: its
  /// templates for all namespaces, and freezes.
  boost::asio::awaitable<void> wait_synced();

  /// Watches a router's kind from now on. False until its first list has come or was refused for
  /// good: what is merely not listed yet must not pass for what does not exist.
  bool demand(const traffic::ObjectKind& kind);

  /// Is told of every change of the kinds that are watched on demand; and that one of them has been
  /// listed, or is not to be had. One at a time: the last one.
  void observe_demanded(KindObserver changed, std::function<void()> answered);

  /// Is told of the namespace of each freeze that there is, comes, changes or goes, until the
  /// answers are destroyed.
  [[nodiscard]] std::vector<std::shared_ptr<void>> subscribe_freezes(
      const std::function<void(const std::string& namespace_)>& changed);

  /// Lets go at once of what was read for a Rollout that waits for nothing but news: of itself, of
  /// what it controls, and of what only it looks at. A large cluster is mostly such.
  void let_rest(const ObjectMeta& rollout, const std::set<traffic::ObjectRef>& looked_at);

  /// All caches, in the order of their making.
  std::vector<kube::WatchCache*> caches();

  kube::WatchCache rollouts;
  kube::WatchCache replica_sets;
  kube::WatchCache services;
  kube::WatchCache analysis_runs;
  kube::WatchCache templates;
  kube::WatchCache cluster_templates;

  /// Null where the object does not exist.
  RolloutPtr rollout(const ObjectKey& key);
  AnalysisRunPtr analysis_run(const ObjectKey& key);
  TemplatePtr analysis_template(const crds::TemplateRef& ref, const std::string& namespace_);
  std::shared_ptr<const crds::ServiceFacts> service(const ObjectKey& key);
  std::shared_ptr<const engine::ReplicaSet> replica_set(const kube::ObjectPtr& object);
  AnalysisRunPtr analysis_run(const kube::ObjectPtr& object);

  /// Those that hold the Rollouts of a namespace.
  std::vector<crds::Freeze> freezes_of(const std::string& namespace_);

  /// The JSON of a router's object.
  ParsedObjects parsed;
  TemplateSumsMemo template_sums;
  /// Of the Services that are held.
  ServiceManagers service_managers;

  /// The cache that holds objects of that kind, or null.
  kube::WatchCache* cache_of(const GroupVersionKind& gvk);

 private:
  std::vector<kube::WatchCache*> required();
  /// Lets go, again and again, of what was read of objects at rest.
  boost::asio::awaitable<void> cool();
  boost::asio::awaitable<void> announce_answer(kube::WatchCache* cache);

  kube::ObjectStore& store_;
  Clock& clock_;
  boost::asio::any_io_executor executor_;
  Scope scope_;
  net::TaskGroup* tasks_ = nullptr;
  /// Of the watched namespace, which may be all, and of the one whose freezes hold all.
  std::vector<std::unique_ptr<kube::WatchCache>> freezes_;
  std::map<GroupVersionKind, std::unique_ptr<kube::WatchCache>> demanded_;
  KindObserver changed_;
  std::function<void()> answered_;
  Memo<crds::Decoded<crds::Rollout>> rollout_memo_;
  Memo<engine::ReplicaSet> replica_set_memo_;
  Memo<crds::ServiceFacts> service_memo_;
  Memo<crds::Decoded<crds::AnalysisRun>> run_memo_;
  Memo<crds::Decoded<crds::AnalysisTemplate>> template_memo_;
  Memo<crds::Decoded<crds::AnalysisTemplate>> cluster_template_memo_;
  Memo<crds::Freeze> freeze_memo_;
};

}  // namespace sluice::controller
