#pragma once

// ClusterView: the watch caches of everything that the controllers decide from, with what was
// decoded of their objects. Nobody else holds cluster state.

#include "controller/memo.h"
#include "controller/parsed_objects.h"
#include "crds/field_problem.h"
#include "crds/rollout.h"
#include "crds/validation.h"
#include "engine/snapshot.h"
#include "kube/watch_cache.h"
#include "net/task_group.h"

namespace sluice::controller {

using RolloutPtr = std::shared_ptr<const crds::Decoded<crds::Rollout>>;
using AnalysisRunPtr = std::shared_ptr<const crds::Decoded<crds::AnalysisRun>>;
using TemplatePtr = std::shared_ptr<const crds::Decoded<crds::AnalysisTemplate>>;

class ClusterView {
 public:
  /// Watches `namespace_`, or all where it is empty. Both references must outlive the view.
  ClusterView(kube::ObjectStore& store, Clock& clock, const boost::asio::any_io_executor& executor,
              const std::string& namespace_);

  /// Spawns the watches.
  void start(net::TaskGroup& tasks);
  /// Returns when everything has been listed but for what the cluster may lack, or not show to us:
  /// routers' own kinds, and the cluster's templates.
  boost::asio::awaitable<void> wait_synced();
  bool synced() const;

  kube::WatchCache rollouts;
  kube::WatchCache replica_sets;
  kube::WatchCache services;
  kube::WatchCache analysis_runs;
  kube::WatchCache templates;
  kube::WatchCache cluster_templates;
  kube::WatchCache http_routes;

  /// Null where the object does not exist.
  RolloutPtr rollout(const ObjectKey& key);
  AnalysisRunPtr analysis_run(const ObjectKey& key);
  TemplatePtr analysis_template(const crds::TemplateRef& ref, const std::string& namespace_);
  std::shared_ptr<const crds::ServiceFacts> service(const ObjectKey& key);
  std::shared_ptr<const engine::ReplicaSet> replica_set(const kube::ObjectPtr& object);
  AnalysisRunPtr analysis_run(const kube::ObjectPtr& object);

  /// The JSON of a router's object.
  ParsedObjects parsed;

  /// The cache that holds objects of that kind, or null.
  kube::WatchCache* cache_of(const GroupVersionKind& gvk);

 private:
  std::vector<kube::WatchCache*> all();
  bool is_optional(const kube::WatchCache& cache) const;

  Memo<crds::Decoded<crds::Rollout>> rollout_memo_;
  Memo<engine::ReplicaSet> replica_set_memo_;
  Memo<crds::ServiceFacts> service_memo_;
  Memo<crds::Decoded<crds::AnalysisRun>> run_memo_;
  Memo<crds::Decoded<crds::AnalysisTemplate>> template_memo_;
  Memo<crds::Decoded<crds::AnalysisTemplate>> cluster_template_memo_;
};

}  // namespace sluice::controller
