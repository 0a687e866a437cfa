#pragma once

// How many pods each revision gets. All counts and weights are 64-bit inside: replicas * weight
// overflows 32 bits with the totals that some routers allow.

#include "crds/rollout.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::engine {

/// maxSurge and maxUnavailable as numbers of pods.
struct SurgeLimits {
  int64_t max_surge = 0;
  int64_t max_unavailable = 0;

  bool operator==(const SurgeLimits&) const = default;
};

/// Both default to 25%. A surge rounds up and an unavailability down; where both come to 0, one pod
/// may be unavailable, or nothing could ever move.
SurgeLimits surge_limits(const std::optional<crds::IntOrPercent>& max_surge,
                         const std::optional<crds::IntOrPercent>& max_unavailable,
                         int64_t replicas);

/// Pods of the canary and of the stable revision.
struct Split {
  int64_t canary = 0;
  int64_t stable = 0;

  bool operator==(const Split&) const = default;
};

/// Without traffic routing the pods are the weight: the split of `replicas` (or, where a surge is
/// allowed, of one more) whose share comes nearest to weight/total. A weight strictly between 0 and
/// the total leaves at least one pod on either side, except for one replica that may not surge.
/// 10 replicas at 5%: 1 + 9; with a surge 1 + 10. 3 replicas at 50% with a surge: 2 + 2.
Split basic_split(int64_t replicas, int64_t weight, int64_t total, bool may_surge);

/// Sizes and availability that the next move of a basic canary starts from.
struct Crew {
  int64_t spec = 0;
  int64_t available = 0;
  bool kept = false;  ///< An old revision that somebody is still led to: it is not drained.
};

struct BasicMove {
  int64_t canary = 0;
  int64_t stable = 0;
  std::vector<int64_t> old;  ///< In the order of the input.

  bool operator==(const BasicMove&) const = default;
};

/// The sizes to set now on the way to `goal`: growth (stable first) within replicas + maxSurge;
/// shrinking only as far as replicas - maxUnavailable pods stay available. Old revisions are
/// drained before anything else shrinks, and the canary before stable, so that its share does not
/// grow by it. While stable shrinks, its pods count whether or not they are available, so that a
/// broken stable can be replaced; while the canary shrinks, its pods do.
BasicMove next_basic_move(const Split& goal, const Crew& canary, const Crew& stable,
                          const std::vector<Crew>& old, int64_t replicas,
                          const SurgeLimits& limits);

/// The most that a canary which is held may have of the pods: as basic_split, but its share comes
/// nearest to weight/total from below, in favour of the stable revision. 3 replicas at 50%: 1 + 2,
/// with a surge 2 + 2. A weight above none still leaves it one pod, if stable has one too.
Split earned_split(int64_t replicas, int64_t weight, int64_t total, bool may_surge);

/// The size of a revision, decided when there were `of` replicas.
struct Sized {
  int64_t pods = 0;
  int64_t of = 0;
};

/// The sizes without traffic routing of an update that is held, when there are `replicas` now. What
/// is not scaled keeps its pods. A canary that has what its weight has earned has it of the new
/// replicas too, a smaller one keeps its share, and none stays none; stable has the rest, and while
/// it is still larger than that its share, within the surge. So the canary's share grows neither by
/// rounding nor by many small changes: 1 + 1 of 2 at 50% without a surge are 1 + 2 of 3.
Split held_split(const Sized& canary, const Sized& stable, int64_t replicas, int64_t weight,
                 int64_t total, const SurgeLimits& limits);

/// With traffic routing: the pods that carry weight/total of the traffic, rounded up, and at least
/// `min_pods` (capped to the replicas) where that is more than none.
int64_t routed_share(int64_t replicas, int64_t weight, int64_t total, int64_t min_pods);

/// The largest weight of `total` that `available` of `replicas` pods carry without any of them
/// taking more than its usual share.
int64_t bearable_weight(int64_t available, int64_t replicas, int64_t total);

/// How many available pods are enough of `wanted` before the next step.
int64_t progress_threshold(const std::optional<crds::ReplicaProgressThreshold>& threshold,
                           int64_t wanted);

}  // namespace sluice::engine
