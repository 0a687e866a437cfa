#pragma once

// What the spec says of the canary. Only this folder asks, and only about a Rollout that has one.

#include "engine/facts.h"

#include <variant>

namespace sluice::engine::canary {

inline const crds::CanaryStrategy& strategy(const Facts& facts) {
  return std::get<crds::CanaryStrategy>(facts.rollout().spec.strategy);
}

}  // namespace sluice::engine::canary
