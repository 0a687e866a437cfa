#pragma once

// The analysis runs of a blue-green update: one before the switch, one after it.

#include "engine/run_slots.h"

#include <vector>

namespace sluice::engine::blue_green {

std::vector<RunSlot> run_slots(const Draft& draft);

RunSlot pre_promotion_slot(const Draft& draft);
RunSlot post_promotion_slot(const Draft& draft);

}  // namespace sluice::engine::blue_green
