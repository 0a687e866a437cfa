#include "controller/event_sink.h"

#include "engine/reasons.h"

#include <algorithm>
#include <array>

namespace sluice::controller {

bool is_on_the_way(std::string_view reason) {
  static constexpr std::array kOnTheWay{
      engine::kNewReplicaSetCreated, engine::kScalingReplicaSet,   engine::kTrafficWeightUpdated,
      engine::kSwitchService,        engine::kRolloutNotCompleted, engine::kRolloutStepCompleted,
      engine::kRolloutResumed};
  return std::ranges::find(kOnTheWay, reason) != kOnTheWay.end();
}

}  // namespace sluice::controller
