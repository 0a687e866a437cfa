#pragma once

// What is done about a Rollout that cannot be planned: nothing, and it says why.

#include "engine/draft.h"
#include "engine/plan.h"

namespace sluice::engine {

/// Parts of the API that this engine does not run yet, as problems that name the field.
crds::FieldProblems unsupported_parts(const crds::RolloutSpec& spec);

/// Shows the problems (InvalidSpec, Degraded) in a status that is otherwise what it was: the
/// template counts as new until it could be planned. Looks again after a while, as what is referred
/// to may be mended without the Rollout being touched.
void show_invalid_spec(const Snapshot& snapshot, const crds::FieldProblems& problems, Plan& plan);

}  // namespace sluice::engine
