#pragma once

// Between what the engine knows of routers and what they say: the two rooms do not know each other.

#include "crds/rollout.h"
#include "engine/plan.h"
#include "engine/snapshot.h"
#include "traffic/router.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace sluice::controller {

/// The names and the total of the Rollout's routes, with no weight on the canary, and the former
/// pairs: for observing.
crds::Routes routes_of(const crds::Rollout& rollout);

/// `in_place` as in engine::RouterObservation.
engine::RouterObservation to_engine(std::string router, traffic::Observation observation,
                                    std::function<bool(const crds::Routes&)> in_place);

/// The weight of the current revision after the actions that moved traffic; nothing where none did.
std::optional<int64_t> moved_weight(const crds::Rollout& rollout,
                                    const std::vector<engine::Action>& actions);

/// The action is part of a retreat: the update is over, or the current revision loses all traffic.
bool takes_traffic_away(const engine::Action& action, const crds::RolloutStatus& status);

/// Something of the plan does.
bool retreats(const engine::Plan& plan);

/// What a router refused is not claimed: the status goes on showing what it held before.
void withhold_weights(crds::RolloutStatus& status, const crds::RolloutStatus& before);

}  // namespace sluice::controller
