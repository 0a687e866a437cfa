#pragma once

// Eviction: a pod is deleted where the PodDisruptionBudgets of its namespace allow it. How many
// pods a budget has is counted when it is asked: its status is for people, and may lag behind.

#include "local/store/registry.h"

namespace sluice::local {

/// Deletes the pod, or 429 where a budget keeps it.
ApiResult<DeleteResult> evict(Registry& registry, const ObjectKey& pod,
                              const DeleteOptions& options);

}  // namespace sluice::local
