#pragma once

// How ReplicaSets come to be what a strategy wants: the current one is created and numbered, sizes
// and annotations are patched, and those beyond the history limit are removed.

#include "engine/draft.h"
#include "engine/scale_down.h"

#include <cstdint>

namespace sluice::engine {

/// What the ReplicaSet of the current revision is made of.
CreateReplicaSet current_replica_set(const Draft& draft, int64_t size);

/// The current revision, created where it does not exist and the spec tells what it is made of.
void size_current(Draft& draft, const Retirement& fate);

/// The stable revision, unless it is the current one or not there.
void size_stable(Draft& draft, int64_t size);

/// Under a spec that is not trusted: whoever has the users of a stable revision that is lost gets
/// as many pods as they need.
void grow_stand_in(Draft& draft);

/// Under a spec that is not trusted: from when the pods of a current revision that users have just
/// left may go, should another one take its place.
void note_leaving(Draft& draft);

/// One of Draft::old_sets().
void size_old(Draft& draft, const ReplicaSet& old, const Retirement& fate);

/// Drains all of Draft::old_sets() after their delay.
void retire_old_sets(Draft& draft);

/// Overlays of the ReplicaSets other than the current one, whose comes with its size; and of pods.
void plan_overlays(Draft& draft);

/// Adds the deletion of old ReplicaSets without pods beyond revisionHistoryLimit.
void plan_history(Draft& draft);

}  // namespace sluice::engine
