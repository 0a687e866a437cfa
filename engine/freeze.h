#pragma once

// What a freeze (crds/freeze.h) does to a Rollout: the update that is under way stays where it is,
// as under spec.paused. It never holds up who goes back: an abort, a rollback, and a return to a
// revision that was stable before; nor a first revision, which takes the users from nobody.

#include "engine/draft.h"

namespace sluice::engine {

/// Nobody lets the update of the draft go on before the freeze ends.
bool is_frozen(const Draft& draft);

/// Explains each freeze of a draft that is frozen.
void wait_for_thaw(Draft& draft);

/// The condition Frozen, also of a Rollout at rest.
void show_freeze(const Snapshot& snapshot, crds::RolloutStatus& status);

}  // namespace sluice::engine
