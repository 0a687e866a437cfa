#include "controller/asked_since.h"

#include <utility>

namespace sluice::controller {

int64_t AskedSince::generation(const ObjectKey& rollout, const traffic::Observation& seen) {
  if (!seen.object || seen.generation == 0) return seen.generation;
  Entry& entry = rollouts_[rollout][*seen.object];
  Asked asked{seen.canary_weight, seen.managed_routes, seen.whole_mirrors, seen.former_weight};
  if (entry.generation == 0 || entry.asked != asked) entry = {std::move(asked), seen.generation};
  return entry.generation;
}

}  // namespace sluice::controller
