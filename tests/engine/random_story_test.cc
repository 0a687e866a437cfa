// Shuffled events, and deaths of the process. Whatever happens, traffic only goes where pods are,
// and once it is quiet the rollout comes to its end.

#include "tests/engine/blue_green_world.h"
#include "tests/engine/shuffled_world.h"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr int kStories = 150;
constexpr int kEvents = 60;

void run_chaos(World& world, Dice& dice) {
  for (int i = 0; i < kEvents; ++i) {
    shuffle_event(world, dice);
    world.dies_at_write =
        dice.chance(20) ? world.writes + static_cast<size_t>(dice.roll(6)) : kNever;
    world.reconcile();
    if (dice.chance(70)) world.tick();
  }
}

uint32_t first_seed() {
  const char* given = std::getenv("SLUICE_SEED");
  return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : 1;
}

void require_end(World& world) {
  REQUIRE(world.status().phase == crds::RolloutPhase::Healthy);
  REQUIRE(world.status().stable_rs == world.status().current_pod_hash);
  REQUIRE(world.canary_weight() <= 0);
  REQUIRE(world.outage() == "");
  for (const ReplicaSet& replica_set : world.snapshot.replica_sets) {
    const bool current = replica_set.hash() == world.status().stable_rs;
    REQUIRE(replica_set.spec_replicas == (current ? *world.rollout().spec.replicas : 0));
  }
}

}  // namespace

TEST_CASE("shuffled events break nothing, and the rollout ends when it is quiet") {
  for (uint32_t seed = first_seed(); seed < first_seed() + kStories; ++seed) {
    INFO("SLUICE_SEED=" << seed);
    Dice dice(seed);
    World world = shuffled_canary(dice);
    run_chaos(world, dice);
    calm_down(world);
    require_end(world);
  }
}

TEST_CASE("shuffled events break no blue-green Rollout, either") {
  for (uint32_t seed = first_seed(); seed < first_seed() + kStories; ++seed) {
    INFO("SLUICE_SEED=" << seed);
    Dice dice(seed);
    World world = shuffled_blue_green(dice);
    run_chaos(world, dice);
    calm_down(world);
    require_end(world);
    REQUIRE(active(world) == world.status().stable_rs);
  }
}
