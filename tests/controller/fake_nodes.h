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
  /// What a version of a ReplicaSet says.
  struct Seen {
    local::ObjectPtr object;
    std::string image;
    int64_t wanted = 0;
    int64_t replicas = 0;
    int64_t available = 0;
    int64_t generation = 0;  ///< That its status tells of.
  };

  const Seen& see(const local::ObjectPtr& object);

  local::Registry& registry_;
  std::map<ObjectKey, Seen> seen_;
};

class FakeGateway {
 public:
  explicit FakeGateway(local::Registry& registry) : registry_(registry) {}

  bool stuck = false;  ///< Takes nothing up.

  void tick();

 private:
  local::Registry& registry_;
  std::map<ObjectKey, local::ObjectPtr> taken_up_;
};

}  // namespace sluice::controller::test
