#include "tests/engine/shuffled_world.h"

#include "tests/engine/blue_green_world.h"

#include <fmt/format.h>

namespace sluice::engine::test {
namespace {

void flap(World& world, Dice& dice) {
  for (ReplicaSet& replica_set : world.snapshot.replica_sets) {
    if (!dice.chance(40)) continue;
    replica_set.available_replicas = dice.roll(replica_set.spec_replicas + 1);
    replica_set.ready_replicas = replica_set.available_replicas;
  }
}

std::vector<crds::Step> steps_of(Dice& dice) {
  std::vector<crds::Step> steps = mission_steps();
  if (dice.chance(50)) steps.insert(steps.begin() + 2 + dice.roll(6), analysis());
  if (dice.chance(30)) steps.push_back(set_weight(20));
  if (dice.chance(20)) steps.insert(steps.begin(), crds::SetCanaryScaleStep{.replicas = 2});
  return steps;
}

}  // namespace

World shuffled_canary(Dice& dice) {
  const bool routed = dice.chance(70);
  World world({.replicas = 1 + dice.roll(10),
               .routed = routed,
               .router = dice.chance(50) ? RouterState::Verified : RouterState::Unsupported,
               .steps = steps_of(dice)});
  world.canary().dynamic_stable_scale = routed && dice.chance(30);
  world.settle();
  return world;
}

World shuffled_blue_green(Dice& dice) {
  crds::BlueGreenStrategy strategy;
  if (dice.chance(40)) strategy.auto_promotion_enabled = false;
  if (dice.chance(30)) strategy.auto_promotion_seconds = dice.roll(20);
  if (dice.chance(40)) strategy.preview_replica_count = 1 + dice.roll(3);
  if (dice.chance(50)) strategy.pre_promotion_analysis = smoke_test();
  if (dice.chance(50)) strategy.post_promotion_analysis = smoke_test();
  if (dice.chance(50)) strategy.scale_down_delay_seconds = dice.roll(20);
  if (dice.chance(50)) strategy.abort_scale_down_delay_seconds = 10 * (1 + dice.roll(2));
  World world = blue_green(strategy);
  world.rollout().spec.replicas = 1 + dice.roll(10);
  if (dice.chance(30)) world.blue_green().preview_service.clear();
  world.settle();
  return world;
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

}  // namespace sluice::engine::test
