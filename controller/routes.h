#pragma once

// Between the engine's words for traffic and the routers': the two rooms do not know each other.

#include "crds/rollout.h"
#include "engine/plan.h"
#include "engine/snapshot.h"
#include "traffic/router.h"

namespace sluice::controller {

/// The names and the total of the Rollout's routes, with no weight on the canary: for observing.
traffic::Routes routes_of(const crds::Rollout& rollout);
/// What the engine's action asks of every router.
traffic::Routes routes_of(const crds::Rollout& rollout, const engine::SetTraffic& action);

engine::RouterObservation to_engine(std::string router, traffic::Observation observation);

}  // namespace sluice::controller
