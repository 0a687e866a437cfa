#pragma once

// ServiceManagers: which Services bear a Rollout's name (crds::kManagedByAnnotation).

#include "kube/watch_cache.h"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace sluice::controller {

class ServiceManagers {
 public:
  /// The Rollout whose name the Service bears; nothing for null.
  static std::optional<ObjectKey> of_service(const kube::ObjectPtr& service);

  /// Takes in a change of a Service.
  void note(const kube::WatchCache::Change& change);

  /// Those that bear the Rollout's name now.
  const std::set<ObjectKey>& services_of(const ObjectKey& rollout) const;

  /// All whose name is borne.
  std::vector<ObjectKey> rollouts() const;

 private:
  std::map<ObjectKey, std::set<ObjectKey>> services_;  ///< By Rollout.
};

}  // namespace sluice::controller
