#pragma once

// What the spec says of the blue-green update. Only this folder asks, and only about a Rollout that
// has one.

#include "engine/facts.h"

#include <variant>

namespace sluice::engine::blue_green {

inline const crds::BlueGreenStrategy& strategy(const Facts& facts) {
  return std::get<crds::BlueGreenStrategy>(facts.rollout().spec.strategy);
}

}  // namespace sluice::engine::blue_green
