// Shuffled events: releases, aborts, promotions, flapping pods, slow routers, verdicts, deaths of
// the process. Whatever happens, traffic only goes where pods are, and once it is quiet the rollout
// comes to its end.

#include "tests/engine/world.h"
#include "tests/fakes/dice.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr int kStories = 150;
constexpr int kEvents = 60;

void flap(World& world, Dice& dice) {
  for (ReplicaSet& replica_set : world.snapshot.replica_sets) {
    if (!dice.chance(40)) continue;
    replica_set.available_replicas = dice.roll(replica_set.spec_replicas + 1);
    replica_set.ready_replicas = replica_set.available_replicas;
  }
}

void shuffle_event(World& world, Dice& dice) {
  switch (dice.roll(12)) {
    case 0:
      return world.release(fmt::format("v{}", 1 + dice.roll(5)));
    case 1:
      return world.abort();
    case 2:
      return world.retry();
    case 3:
    case 4:
      return world.promote();
    case 5:
      if (dice.chance(20)) world.promote_full();
      return;
    case 6:
      return flap(world, dice);
    case 7:
      world.routers_stuck = dice.chance(50);
      return;
    case 8:
      world.rollout().spec.replicas = 1 + dice.roll(12);
      return;
    case 9:
      return world.advance(std::chrono::seconds(dice.roll(100)));
    case 10:
      world.next_verdict = dice.chance(70)   ? crds::AnalysisPhase::Successful
                           : dice.chance(50) ? crds::AnalysisPhase::Failed
                                             : crds::AnalysisPhase::Inconclusive;
      return;
    case 11:
      world.rollout().spec.paused = dice.chance(20);
      return;
  }
}

void run_chaos(World& world, Dice& dice) {
  for (int i = 0; i < kEvents; ++i) {
    shuffle_event(world, dice);
    world.dies_at_write =
        dice.chance(20) ? world.writes + static_cast<size_t>(dice.roll(6)) : kNever;
    world.reconcile();
    if (dice.chance(70)) world.tick();
  }
}

/// Everything works again, and a patient person answers every question.
void calm_down(World& world) {
  world.dies_at_write = kNever;
  world.routers_stuck = false;
  world.rollout().spec.paused = false;
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.settle();
  for (int i = 0; i < 30 && world.status().phase != crds::RolloutPhase::Healthy; ++i) {
    if (world.status().abort) world.retry();
    if (world.status().phase == crds::RolloutPhase::Paused) world.promote();
    world.advance(std::chrono::seconds(5));
    world.settle();
  }
  world.advance(std::chrono::seconds(60));
  world.settle();
}

uint32_t first_seed() {
  const char* given = std::getenv("SLUICE_SEED");
  return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : 1;
}

std::vector<crds::Step> steps_of(Dice& dice) {
  std::vector<crds::Step> steps = mission_steps();
  if (dice.chance(50)) steps.insert(steps.begin() + 2 + dice.roll(6), analysis());
  if (dice.chance(30)) steps.push_back(set_weight(20));
  if (dice.chance(20)) steps.insert(steps.begin(), crds::SetCanaryScaleStep{.replicas = 2});
  return steps;
}

}  // namespace

TEST_CASE("shuffled events break nothing, and the rollout ends when it is quiet") {
  for (uint32_t seed = first_seed(); seed < first_seed() + kStories; ++seed) {
    INFO("SLUICE_SEED=" << seed);
    Dice dice(seed);
    const bool routed = dice.chance(70);
    World world({.replicas = 1 + dice.roll(10),
                 .routed = routed,
                 .router = dice.chance(50) ? RouterState::Verified : RouterState::Unsupported,
                 .steps = steps_of(dice)});
    world.canary().dynamic_stable_scale = routed && dice.chance(30);
    world.settle();
    run_chaos(world, dice);
    calm_down(world);
    REQUIRE(world.status().phase == crds::RolloutPhase::Healthy);
    REQUIRE(world.status().stable_rs == world.status().current_pod_hash);
    REQUIRE(world.canary_weight() <= 0);
    REQUIRE(world.outage() == "");
    for (const ReplicaSet& replica_set : world.snapshot.replica_sets) {
      const bool current = replica_set.hash() == world.status().stable_rs;
      REQUIRE(replica_set.spec_replicas == (current ? *world.rollout().spec.replicas : 0));
    }
  }
}
