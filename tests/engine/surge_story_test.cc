// maxSurge of a routed canary with dynamicStableScale: never more pods than that, and to the end
// all the same.

#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

World limited(int32_t replicas, int32_t surge, int32_t unavailable, std::vector<crds::Step> steps) {
  World world({.replicas = replicas, .steps = std::move(steps)});
  world.canary().dynamic_stable_scale = true;
  world.canary().max_surge = crds::IntOrPercent{surge, false};
  world.canary().max_unavailable = crds::IntOrPercent{unavailable, false};
  world.settle();
  return world;
}

int64_t all_pods(const World& world) {
  int64_t sum = 0;
  for (const ReplicaSet& replica_set : world.snapshot.replica_sets)
    sum += replica_set.spec_replicas;
  return sum;
}

/// Reconciles until the condition holds, and sees to it that there are never more pods than `most`,
/// nor fewer available ones than `least`.
template <typename Condition>
void walk(World& world, int64_t most, int64_t least, Condition condition) {
  for (int round = 0; round == 0 || (round < 200 && !condition()); ++round) {
    world.reconcile();
    CHECK(all_pods(world) <= most);
    world.tick();
    int64_t available = 0;
    for (const ReplicaSet& set : world.snapshot.replica_sets) available += set.available_replicas;
    CHECK(available >= least);
  }
  REQUIRE(condition());
}

}  // namespace

TEST_CASE("a canary comes to its weight in bites of the surge") {
  World world = limited(10, 2, 0, {set_weight(50), pause_step()});
  world.release("v2");
  std::vector<int64_t> weights;
  for (int round = 0; round < 60 && world.status().current_step_index != 1; ++round) {
    world.reconcile();
    CHECK(all_pods(world) <= 12);
    if (weights.empty() || weights.back() != world.canary_weight())
      weights.push_back(world.canary_weight());
    world.tick();
  }
  CHECK(weights == std::vector<int64_t>{0, 20, 40, 50});
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 5);
  CHECK(world.revision("v2").spec_replicas == 5);
  SECTION("the promotion too") {
    world.promote();
    walk(world, 12, 10, [&] { return world.status().phase == crds::RolloutPhase::Healthy; });
    CHECK(world.revision("v2").spec_replicas == 10);
  }
  SECTION("an abort is not held up by it") {
    world.abort();
    world.reconcile();
    CHECK(world.revision("v1").spec_replicas == 10);
  }
  SECTION("a hold raises no weight, whatever pods there are") {
    world.promote();
    world.reconcile();
    world.rollout().spec.paused = true;
    world.settle();
    CHECK(world.canary_weight() == 50);
  }
}

TEST_CASE("an update under a surge goes to its end, however small that is") {
  const auto [replicas, surge, unavailable] = GENERATE(table<int32_t, int32_t, int32_t>(
      {{10, 0, 1}, {10, 0, 3}, {10, 1, 0}, {3, 1, 0}, {3, 0, 1}, {2, 0, 1}, {7, 3, 0}}));
  CAPTURE(replicas, surge, unavailable);
  World world = limited(replicas, surge, unavailable,
                        {set_weight(15), set_weight(34), set_weight(67), set_weight(100)});
  world.release("v2");
  walk(world, replicas + surge, replicas - unavailable,
       [&] { return world.status().phase == crds::RolloutPhase::Healthy; });
  world.settle();
  CHECK(world.revision("v2").spec_replicas == replicas);
  CHECK(world.revision("v1").spec_replicas == 0);
}

TEST_CASE("more replicas in the middle of an update give it no more room than they have") {
  const auto [surge, unavailable] = GENERATE(table<int32_t, int32_t>({{0, 1}, {1, 0}, {3, 0}}));
  CAPTURE(surge, unavailable);
  World world = limited(4, surge, unavailable, {set_weight(25), pause_step(), set_weight(75)});
  world.release("v2");
  walk(world, 4 + surge, 4 - unavailable, [&] { return world.status().current_step_index == 1; });
  world.settle();
  world.rollout().spec.replicas = 12;
  SECTION("on the way to the next weight") {
    world.promote();
  }
  SECTION("with all of it asked for") {
    world.promote_full();
  }
  walk(world, 12 + surge, 4 - unavailable,
       [&] { return world.status().phase == crds::RolloutPhase::Healthy; });
  CHECK(world.revision("v2").spec_replicas == 12);
}

TEST_CASE("a single pod is never taken from its users for the surge") {
  World world = limited(1, 0, 1, {set_weight(50), pause_step()});
  world.release("v2");
  walk(world, 2, 1, [&] { return world.status().current_step_index == 1; });
  CHECK(world.canary_weight() == 50);
}

TEST_CASE("without a maxSurge in the spec the canary has its pods at once") {
  World world({.replicas = 10, .steps = {set_weight(50), pause_step()}});
  world.canary().dynamic_stable_scale = true;
  world.settle();
  world.release("v2");
  world.reconcile();
  CHECK(world.revision("v2").spec_replicas == 5);
}
