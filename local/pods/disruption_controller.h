#pragma once

// The disruption controller: says in the status of each PodDisruptionBudget how many pods it has,
// how many of them are ready, and how many may go. What is decided by a budget is counted anew when
// somebody asks for an eviction (local/store/eviction.h).

#include "kube/reconcile_loop.h"
#include "kube/watch_cache.h"
#include "local/pods/pod_facts.h"

#include <boost/asio/awaitable.hpp>

namespace sluice::local {

namespace asio = boost::asio;

class DisruptionController {
 public:
  /// Everything must outlive it; the caches are run by their owner.
  DisruptionController(kube::ObjectStore& store, Clock& clock,
                       const asio::any_io_executor& executor, kube::WatchCache& budgets,
                       kube::WatchCache& pods, PodFactsMemo& facts);

  /// Runs until cancelled. Spawn it in a TaskGroup.
  asio::awaitable<void> run();

 private:
  void pod_changed(const kube::WatchCache::Change& change);
  asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  /// The status that the budget should have; `budget` is the document that it has.
  Json status_of(const ObjectMeta& meta, const Json& budget);

  kube::ObjectStore& store_;
  Clock& clock_;
  kube::WatchCache& budgets_;
  kube::WatchCache& pods_;
  PodFactsMemo& facts_;
  kube::ReconcileLoop loop_;
};

}  // namespace sluice::local
