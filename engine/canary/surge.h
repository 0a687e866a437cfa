#pragma once

// maxSurge of a canary whose traffic is routed and whose stable revision follows its share
// (dynamicStableScale): an update that goes forward has no more pods than replicas + maxSurge. It
// comes to its weights in bites then: as many canary pods as there is room for, the weight that
// they carry, fewer stable pods, and so on. 10 replicas with a surge of 2 on the way to weight 50
// have 10 stable pods and 2 of the canary, weight 20, 8 and 4, weight 40, 6 and 5, weight 50, 5
// and 5.
//
// Where there is no room for one pod more, the stable revision is up to maxUnavailable pods smaller
// than its share, but never without one. Whoever goes back is not held up by any of this, nor is a
// size that setCanaryScale names.

#include "engine/draft.h"

#include <cstdint>

namespace sluice::engine::canary {

/// The spec names a maxSurge, and the update is one that it limits.
bool is_surge_limited(const Draft& draft);

/// As many of the `pods` that the canary should have at that weight as fit beside the stable
/// revision's; all where the spec names no maxSurge.
int64_t pods_within_surge(const Facts& facts, int64_t pods, int64_t weight);

/// The canary's size on the way to `wanted`, where the stable revision is planned to have
/// `planned_stable` pods.
int64_t canary_within_surge(const Draft& draft, int64_t wanted, int64_t planned_stable);

/// The stable revision's size, where its share of the traffic asks for `share` pods and the canary
/// is on its way to `canary_pods`.
int64_t stable_within_surge(const Draft& draft, int64_t share, int64_t canary_pods);

/// The weight that the canary's available pods carry, rounded up, so that each of them relieves the
/// stable revision of one; with no surge they carry the last of the traffic with maxUnavailable
/// pods fewer.
int64_t carried_weight(const Facts& facts);

}  // namespace sluice::engine::canary
