// A Rollout that is scaled while a person or an inconclusive run holds it, and pods that go.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// Half of four pods, unrouted, and held by spec.paused.
World half_way() {
  World world({.replicas = 4, .routed = false, .steps = {set_weight(50), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 2);
  world.rollout().spec.paused = true;
  world.settle();
  return world;
}

std::string deadline_of(World& world, const std::string& image) {
  return world.revision(image).annotation(crds::kScaleDownDeadlineAnnotation);
}

}  // namespace

TEST_CASE("a paused rollout that is healthy is scaled") {
  World world({.replicas = 4, .routed = GENERATE(true, false), .steps = {set_weight(50)}});
  world.settle();
  world.rollout().spec.paused = true;
  world.rollout().spec.replicas = GENERATE(6, 2, 0);
  world.settle();
  CHECK(world.revision("v1").spec_replicas == world.rollout().spec.replicas);
}

TEST_CASE("a pause keeps the share of each revision while the whole is scaled") {
  World world = half_way();
  const auto [replicas, each] = GENERATE(table<int32_t, int32_t>({{8, 4}, {6, 3}, {2, 1}, {0, 0}}));
  world.rollout().spec.replicas = replicas;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == each);
  CHECK(world.revision("v2").spec_replicas == each);
  CHECK(world.status().current_step_index == 1);
}

TEST_CASE("rounding gives a held canary no more than its step has earned") {
  World world({.replicas = 2, .routed = false, .steps = {set_weight(50), pause_step()}});
  world.canary().max_surge = crds::IntOrPercent{0, false};
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 1);
  world.rollout().spec.paused = true;
  world.settle();
  world.rollout().spec.replicas = 3;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 2);
  CHECK(world.revision("v2").spec_replicas == 1);
}

TEST_CASE("whoever scales to none and back during a pause has the stable revision again") {
  World world = half_way();
  world.rollout().spec.replicas = 0;
  world.settle();
  world.rollout().spec.replicas = 4;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 4);
  CHECK(world.revision("v2").spec_replicas == 0);
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 2);
}

TEST_CASE("a pause starts no pods of a new revision") {
  World world({.replicas = 4, .routed = GENERATE(true, false), .steps = {set_weight(50)}});
  world.settle();
  world.rollout().spec.paused = true;
  world.release("v2");
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
  world.rollout().spec.replicas = 6;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 6);
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("a held rollout that grows leaves the pods of an older revision their room") {
  World world = half_way();
  world.canary().max_surge = crds::IntOrPercent{1, false};
  world.release("v3");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 2);
  world.rollout().spec.replicas = 8;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 7);
  CHECK(world.revision("v3").spec_replicas == 0);
  world.promote_full();
  world.rollout().spec.replicas = 12;
  world.settle();
  CHECK(world.revision("v1").spec_replicas + world.revision("v3").spec_replicas == 11);
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(world.revision("v3").spec_replicas == 12);
}

TEST_CASE("a paused rollout whose stable ReplicaSet was deleted has its pods again") {
  World world = deployed(GENERATE(true, false));
  world.rollout().spec.paused = true;
  world.snapshot.replica_sets.clear();
  world.judges = false;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 10);
}

TEST_CASE("no weight is raised during a pause, though the pods have come") {
  World world = deployed();
  world.broken_images = {"v2"};
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 1);
  world.rollout().spec.paused = true;
  world.broken_images.clear();
  world.settle();
  CHECK(world.canary_weight() == 0);
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(world.canary_weight() == 10);
  world.rollout().spec.paused = true;
  world.settle();
  // Somebody else's hand.
  world.snapshot.routers.front().canary_weight = 0;
  world.snapshot.routers.front().in_place = [](const crds::Routes&) { return false; };
  world.settle();
  CHECK(world.canary_weight() == 10);
}

TEST_CASE("the pods of an aborted canary are kept from when its traffic has left") {
  World world({.replicas = 4, .steps = {set_weight(100), pause_step()}});
  world.canary().dynamic_stable_scale = true;
  world.canary().abort_scale_down_delay_seconds = 5;
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 100);
  REQUIRE(world.revision("v1").spec_replicas == 0);
  world.broken_images = {"v1"};  // It takes its time to start.
  world.abort();
  for (int second = 0; second < 8; ++second) {
    world.reconcile();
    world.tick();
    CHECK(deadline_of(world, "v2").empty());
  }
  world.broken_images.clear();
  const bool had_traffic = world.canary_weight() > 0;
  REQUIRE(had_traffic);
  while (deadline_of(world, "v2").empty()) {
    CHECK(world.revision("v2").spec_replicas == 4);
    world.tick();
    world.reconcile();
  }
  CHECK(world.canary_weight() == 0);
  CHECK(deadline_of(world, "v2") == format_time(world.snapshot.now + std::chrono::seconds(5)));
  world.settle();
  world.advance(std::chrono::seconds(6));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("the pods of the former revision are kept from when its traffic has left") {
  World world({.replicas = 4, .steps = {set_weight(50)}});
  world.canary().scale_down_delay_seconds = 30;
  world.settle();
  world.release("v2");
  while (world.status().stable_rs != world.hash("v2") || world.hash("v2").empty()) {
    world.reconcile();
    if (world.snapshot.services["shop-stable"].selector_hash == world.hash("v1"))
      CHECK(deadline_of(world, "v1").empty());
    world.tick();
  }
  world.reconcile();
  CHECK_FALSE(deadline_of(world, "v1").empty());
  CHECK(world.revision("v1").spec_replicas == 4);
}
