#pragma once

// Worlds and events for shuffled stories of either strategy: releases, aborts, promotions, flapping
// pods, slow routers, verdicts, holds. All of it follows from the dice.

#include "tests/engine/world.h"
#include "tests/fakes/dice.h"

namespace sluice::engine::test {

/// At rest with v1.
World shuffled_canary(Dice& dice);
World shuffled_blue_green(Dice& dice);

void shuffle_event(World& world, Dice& dice);

/// Everything works again, and a patient person answers every question.
void calm_down(World& world);

}  // namespace sluice::engine::test
