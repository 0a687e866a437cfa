#pragma once

// A restart: spec.restartAt has the pods that are older replaced by others of their revision. They
// are evicted, so that disruption budgets are honoured, a few at a time: with those that are not
// available anyway no more than maxUnavailable lack. What has been done is read off the pods, so
// that a process that was killed carries on; status.restartedAt says when none is left.

#include "engine/draft.h"

namespace sluice::engine {

/// So many pods are evicted with one plan.
inline constexpr size_t kEvictionsAtOnce = 10;

/// Evicts what is due, the stable revision's pods first, and says what is waited for.
void plan_restart(Draft& draft);

/// Pods of a new template are younger than any restart that is due by now.
void outdate_restart(Draft& draft);

}  // namespace sluice::engine
