#pragma once

// Between what the engine knows of routers and what they say: the two rooms do not know each other.

#include "crds/rollout.h"
#include "engine/snapshot.h"
#include "traffic/router.h"

#include <functional>

namespace sluice::controller {

/// The names and the total of the Rollout's routes, with no weight on the canary, and the former
/// pairs: for observing.
crds::Routes routes_of(const crds::Rollout& rollout);

/// `in_place` as in engine::RouterObservation.
engine::RouterObservation to_engine(std::string router, traffic::Observation observation,
                                    std::function<bool(const crds::Routes&)> in_place);

}  // namespace sluice::controller
