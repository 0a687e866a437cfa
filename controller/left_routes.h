#pragma once

// LeftRoutes: what a Rollout has left in the objects of its routers when it was deleted: the
// canary's weight, which goes back to the stable side, managed routes, which nobody else would end,
// so that requests would go on being mirrored, and hashes in subsets, which would select no pod of
// whatever comes after. Only memory: of what is deleted while no controller runs nothing is known.

#include "controller/cluster_view.h"
#include "controller/plan_applier.h"
#include "traffic/router_registry.h"

#include <map>

namespace sluice::controller {

class LeftRoutes {
 public:
  /// Takes in a change of a Rollout.
  void note(const kube::WatchCache::Change& change);

  /// Takes away what the Rollout has left; nothing where there is no such thing. An object that is
  /// missing, or that nobody could make sense of, is left to itself.
  kube::Awaitable<Result<void>> take_away(ObjectKey rollout, PlanApplier& applier,
                                          const traffic::RouterRegistry& routers);

 private:
  std::map<ObjectKey, RolloutPtr> deleted_;
};

}  // namespace sluice::controller
