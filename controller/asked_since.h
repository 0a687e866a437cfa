#pragma once

// AskedSince remembers since which generation each router's object asks for what a Rollout has it
// ask for. Many Rollouts may share a route, and each of them changes its generation: whoever waited
// for a gateway to take up the newest one would wait for as long as anybody writes.

#include "base/object_meta.h"
#include "traffic/router.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace sluice::controller {

class AskedSince {
 public:
  /// To be asked in each look, so that no change passes unseen. What nobody has seen before is as
  /// it is since now.
  int64_t generation(const ObjectKey& rollout, const traffic::Observation& seen);

  void forget(const ObjectKey& rollout) { rollouts_.erase(rollout); }

 private:
  /// What an object asks for: weight, managed routes, whole mirrors, former weight.
  using Asked =
      std::tuple<std::optional<int64_t>, std::set<std::string>, std::set<std::string>, int64_t>;

  struct Entry {
    Asked asked;
    int64_t generation = 0;
  };

  std::map<ObjectKey, std::map<traffic::ObjectRef, Entry>> rollouts_;
};

}  // namespace sluice::controller
