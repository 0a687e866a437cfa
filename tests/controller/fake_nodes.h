#pragma once

// The rest of a cluster, as far as a Rollout sees it: FakeKubelet runs the pods of ReplicaSets (as
// numbers in their status), FakeGateway takes up HTTPRoutes. Both act once per tick.

#include "local/store/registry.h"

#include <functional>
#include <map>
#include <string>

namespace sluice::controller::test {

class FakeKubelet {
 public:
  explicit FakeKubelet(local::Registry& registry) : registry_(registry) {}

  /// The most pods that can be available, by image; without an entry all of them.
  std::map<std::string, int> available_max;

  /// Pods that were there at the last tick become available, others are started or ended.
  void tick();

 private:
  local::Registry& registry_;
};

class FakeGateway {
 public:
  explicit FakeGateway(local::Registry& registry) : registry_(registry) {}

  bool stuck = false;  ///< Takes nothing up.

  void tick();

 private:
  local::Registry& registry_;
};

}  // namespace sluice::controller::test
