#pragma once

// ManagedServices: which Services bear a Rollout's name, so that those of a Rollout that is gone
// are given back: without the hash in its selector a Service works for whatever comes after.

#include "controller/cluster_view.h"
#include "kube/object_store.h"

#include <map>
#include <optional>
#include <set>

namespace sluice::controller {

/// The merge patch that takes a Rollout's hash and name from a Service.
std::string service_release();

class ManagedServices {
 public:
  /// Both must outlive it.
  ManagedServices(kube::ObjectStore& store, ClusterView& view) : store_(store), view_(view) {}

  /// Takes in a change of a Service; gives the Rollout that it bears the name of now.
  std::optional<ObjectKey> note(const kube::WatchCache::Change& change);

  /// Those that bear the Rollout's name now.
  const std::set<ObjectKey>& of(const ObjectKey& rollout) const;

  /// Takes selector hash and managed-by annotation from the Services of that Rollout, once the API
  /// server has confirmed that it is gone or being deleted.
  kube::Awaitable<Result<void>> give_back(ObjectKey rollout);

 private:
  kube::Awaitable<Result<void>> release(ObjectKey service);

  kube::ObjectStore& store_;
  ClusterView& view_;
  std::map<ObjectKey, std::set<ObjectKey>> services_;  ///< By Rollout.
};

}  // namespace sluice::controller
