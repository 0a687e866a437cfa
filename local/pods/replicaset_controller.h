#pragma once

// The ReplicaSet controller: keeps as many pods of each ReplicaSet as it asks for, adopts and
// releases pods by their labels, and counts them in its status.

#include "kube/event_recorder.h"
#include "kube/reconcile_loop.h"
#include "kube/watch_cache.h"
#include "local/pods/replicaset_planner.h"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>
#include <vector>

namespace sluice::local {

class ReplicaSetController {
 public:
  /// Everything must outlive it; the caches are run by their owner.
  ReplicaSetController(kube::ObjectStore& store, Clock& clock,
                       const asio::any_io_executor& executor, kube::WatchCache& replicasets,
                       kube::WatchCache& pods, PodFactsMemo& facts, kube::EventRecorder& events);

  /// Runs until cancelled. Spawn it in a TaskGroup.
  asio::awaitable<void> run();

 private:
  void pod_changed(const kube::WatchCache::Change& change);
  void note_owner(const kube::ObjectPtr& pod);
  void note_adopters(const kube::Object& pod);
  bool is_adoptable(const ReplicaSetSpec& spec, const kube::ObjectPtr& pod);

  asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  asio::awaitable<Result<void>> claim(ReplicaSetSpec spec);
  asio::awaitable<Result<void>> change_owners(ObjectMeta pod, std::string patch);
  asio::awaitable<Result<void>> write_status(kube::ObjectPtr replicaset, ReplicaSetStatus status,
                                             std::string failure);

  kube::ObjectStore& store_;
  Clock& clock_;
  kube::WatchCache& replicasets_;
  kube::WatchCache& pods_;
  PodFactsMemo& facts_;
  PodCrew crew_;
  kube::ReconcileLoop loop_;
  std::set<ObjectKey> orphans_;  ///< Pods without a controller.
};

}  // namespace sluice::local
