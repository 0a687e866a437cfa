// The pods and weights that a person sees where several things come together: numbers worked out by
// hand from the rules of the API (docs/state-machine.md), not from what the planner says.

#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using std::chrono::seconds;

namespace {

struct Counts {
  int64_t v1 = 0;
  int64_t v2 = 0;

  bool operator==(const Counts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.v1 << " + " << counts.v2;
}

Counts counts(World& world) {
  const auto pods = [&](const char* image) {
    return world.find_image(image) == nullptr ? 0 : world.revision(image).spec_replicas;
  };
  return {pods("v1"), pods("v2")};
}

/// v2 is released, and stands at the pause after its first weight.
World at_weight(int32_t replicas, int64_t weight, bool routed) {
  World world(
      {.replicas = replicas, .routed = routed, .steps = {set_weight(weight), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.status().current_step_index == 1);
  return world;
}

std::string progressing(const World& world) {
  const crds::Condition* found = find_condition(world.status().conditions, kProgressingCondition);
  return found == nullptr ? "" : found->reason;
}

}  // namespace

TEST_CASE("a Rollout that is scaled at a step") {
  SECTION("without routing: both revisions have their share of the new size") {
    World world = at_weight(10, 50, false);
    CHECK(counts(world) == Counts{5, 5});
    world.rollout().spec.replicas = 4;
    world.settle();
    CHECK(counts(world) == Counts{2, 2});
    world.rollout().spec.replicas = 20;
    world.settle();
    CHECK(counts(world) == Counts{10, 10});
  }
  SECTION("with routing: the stable revision has it all, the canary its weight, rounded up") {
    World world = at_weight(10, 10, true);
    CHECK(counts(world) == Counts{10, 1});
    world.rollout().spec.replicas = 25;
    world.reconcile();
    CHECK(counts(world) == Counts{25, 3});
    CHECK(world.canary_weight() == 10);
    world.settle();
    CHECK(world.status().current_step_index == 1);
    world.rollout().spec.replicas = 4;
    world.settle();
    CHECK(counts(world) == Counts{4, 1});
    CHECK(world.canary_weight() == 10);
  }
}

TEST_CASE("a Rollout that is scaled while its new revision does not start") {
  const bool routed = GENERATE(true, false);
  World world({.replicas = 4, .routed = routed, .steps = {set_weight(50), pause_step()}});
  world.broken_images = {"v2"};
  world.settle();
  world.release("v2");
  world.settle();
  // Without routing one more pod than 4 may be there, and one of 4 may be missing.
  CHECK(counts(world) == (routed ? Counts{4, 2} : Counts{3, 2}));
  world.rollout().spec.replicas = 8;
  world.settle();
  // Then 10 may be there: half of the 8 are the canary's.
  CHECK(counts(world) == (routed ? Counts{8, 4} : Counts{4, 4}));
  world.rollout().spec.replicas = 2;
  world.settle();
  CHECK(counts(world) == (routed ? Counts{2, 1} : Counts{2, 1}));
  CHECK(world.status().current_step_index == 0);
  world.abort();
  world.settle();
  world.advance(seconds(31));
  world.settle();
  CHECK(counts(world) == Counts{2, 0});
}

TEST_CASE("size and template in one change") {
  const bool routed = GENERATE(true, false);
  World world({.replicas = 10, .routed = routed, .steps = {set_weight(10), pause_step()}});
  world.settle();
  world.release("v2");
  const auto [replicas, before] = GENERATE(table<int32_t, int64_t>({{20, 10}, {5, 5}}));
  world.rollout().spec.replicas = replicas;
  for (int round = 0; round < 60 && world.status().current_step_index != 1; ++round) {
    world.reconcile();
    // Never fewer than the smaller of both sizes, less what may be missing of it.
    CHECK(world.revision("v1").available_replicas >= before - before / 4);
    world.tick();
  }
  world.settle();
  if (replicas == 20) CHECK(counts(world) == (routed ? Counts{20, 2} : Counts{18, 2}));
  // Of 5 and one more, 1 comes nearest to a tenth; of 6 one pod is nearer than of 5.
  if (replicas == 5) CHECK(counts(world) == (routed ? Counts{5, 1} : Counts{5, 1}));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("a pause may last longer than the progress deadline") {
  World world({.steps = {set_weight(10), pause_step(std::chrono::hours(1)), set_weight(50)}});
  world.rollout().spec.progress_deadline_seconds = 60;
  world.rollout().spec.progress_deadline_abort = true;
  world.settle();
  world.release("v2");
  world.settle();
  world.advance(seconds(3000));
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(progressing(world) == kRolloutPaused);
  // The four pods that are still to come never do.
  world.broken_images = {"v2"};
  world.revision("v2").available_replicas = 1;
  world.advance(seconds(600));
  world.reconcile();
  CHECK(world.status().current_step_index == 2);
  CHECK(world.revision("v2").spec_replicas == 5);
  world.advance(seconds(59));
  world.reconcile();
  CHECK_FALSE(world.status().abort);
  world.advance(seconds(1));
  world.reconcile();
  CHECK(world.status().abort);
}

TEST_CASE("a bad revision that follows a bad one has its own deadline, and the first no pods") {
  const int kind = GENERATE(0, 1, 2);
  World world =
      kind == 2
          ? blue_green()
          : World({.replicas = 10, .routed = kind == 0, .steps = {set_weight(20), pause_step()}});
  world.rollout().spec.progress_deadline_seconds = 60;
  world.broken_images = {"v2", "v3"};
  world.settle();
  world.release("v2");
  world.settle();
  world.advance(seconds(61));
  world.settle();
  CHECK(progressing(world) == kProgressDeadlineExceeded);
  world.release("v3");
  world.reconcile();
  CHECK(progressing(world) != kProgressDeadlineExceeded);
  world.settle();
  const int64_t replicas = *world.rollout().spec.replicas;
  CHECK(world.revision("v2").spec_replicas == 0);
  CHECK(world.revision("v3").spec_replicas == (kind == 2 ? 3 : 2));
  CHECK(world.revision("v1").spec_replicas == (kind == 1 ? replicas - 2 : replicas));
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
  world.advance(seconds(61));
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(progressing(world) == kProgressDeadlineExceeded);
  world.broken_images.clear();
  world.release("v1");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.revision("v1").spec_replicas == replicas);
}

TEST_CASE("abortScaleDownDelaySeconds of 0 keeps the pods of an aborted revision for ever") {
  SECTION("with routing") {
    World world = at_weight(10, 20, true);
    world.canary().abort_scale_down_delay_seconds = 0;
    world.abort();
    world.settle();
    world.advance(std::chrono::hours(100));
    world.settle();
    CHECK(counts(world) == Counts{10, 2});
    CHECK(world.canary_weight() == 0);
    world.retry();
    world.reconcile();
    CHECK(counts(world) == Counts{10, 2});
    world.settle();
    CHECK(world.canary_weight() == 20);
  }
  SECTION("without routing the pods are the traffic, and go at once") {
    World world = at_weight(10, 20, false);
    world.canary().abort_scale_down_delay_seconds = 0;
    world.abort();
    world.settle();
    CHECK(counts(world) == Counts{10, 0});
  }
  SECTION("before a blue-green switch") {
    crds::BlueGreenStrategy strategy = by_hand();
    strategy.abort_scale_down_delay_seconds = 0;
    World world = blue_green(strategy);
    world.release("v2");
    world.settle();
    world.abort();
    world.settle();
    world.advance(std::chrono::hours(100));
    world.settle();
    CHECK(counts(world) == Counts{3, 3});
    CHECK(active(world) == world.hash("v1"));
  }
}

TEST_CASE("a revision that was never stable goes once the stable one is released again") {
  SECTION("of a blue-green update after the delay, as it might have had the users") {
    World world = blue_green(by_hand());
    world.release("v2");
    world.settle();
    CHECK(counts(world) == Counts{3, 3});
    world.release("v1");
    world.settle();
    CHECK(counts(world) == Counts{3, 3});
    world.advance(std::chrono::seconds(31));
    world.settle();
    CHECK(counts(world) == Counts{3, 0});
  }
  SECTION("with routing after the delay, as gateways may follow late") {
    World world = at_weight(10, 20, true);
    world.release("v1");
    world.reconcile();
    CHECK(counts(world) == Counts{10, 2});
    world.settle();
    CHECK(counts(world) == Counts{10, 2});
    world.advance(std::chrono::seconds(31));
    world.settle();
    CHECK(counts(world) == Counts{10, 0});
  }
}

TEST_CASE("replicaProgressThreshold: so many pods of a step are enough for its weight") {
  const auto [percent, value, enough] =
      GENERATE(table<bool, int32_t, int32_t>({{true, 50, 3}, {false, 2, 2}, {false, 9, 5}}));
  World world({.replicas = 10, .steps = {set_weight(50), pause_step()}});
  world.canary().replica_progress_threshold = crds::ReplicaProgressThreshold{percent, value};
  world.settle();
  world.release("v2");
  world.broken_images = {"v2"};
  world.settle();
  CHECK(counts(world) == Counts{10, 5});
  world.revision("v2").available_replicas = enough - 1;
  world.reconcile();
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  world.revision("v2").available_replicas = enough;
  world.reconcile();
  world.reconcile();
  CHECK(world.canary_weight() == 50);
}

TEST_CASE("minPodsPerReplicaSet: a canary with weight has so many pods, of as many as there are") {
  const auto [replicas, weight, pods] =
      GENERATE(table<int32_t, int64_t, int64_t>({{10, 1, 2}, {10, 30, 3}, {1, 10, 1}, {10, 0, 0}}));
  World world({.replicas = replicas, .steps = {set_weight(weight), pause_step()}});
  world.canary().min_pods_per_replica_set = 2;
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(counts(world) == Counts{replicas, pods});
}
