// The wall clock is set back in the middle of something: a start that lies ahead counts as now.

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr Duration kSetBack = -std::chrono::hours(2);

}  // namespace

TEST_CASE("a pause lasts no longer than it says when the clock is set back") {
  World world({.replicas = 2, .steps = {set_weight(50), pause_step(std::chrono::seconds(30))}});
  world.settle();
  world.release("v2");
  while (world.status().pause_conditions.empty()) {
    world.reconcile();
    world.tick();
  }
  world.advance(kSetBack);
  CHECK(world.reconcile().wake_after <= std::chrono::seconds(31));
  world.advance(std::chrono::seconds(32));
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("old pods go after their delay when the clock is set back") {
  World world({.replicas = 2, .steps = {set_weight(50), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  SECTION("of an aborted canary") {
    world.abort();
    world.settle();
    world.advance(kSetBack);
    world.reconcile();
    world.advance(std::chrono::seconds(32));
    world.settle();
    CHECK(world.revision("v2").spec_replicas == 0);
  }
  SECTION("of the former revision") {
    world.promote();
    world.settle();
    REQUIRE(world.revision("v1").spec_replicas == 2);
    world.advance(kSetBack);
    world.reconcile();
    world.advance(std::chrono::seconds(32));
    world.settle();
    CHECK(world.revision("v1").spec_replicas == 0);
  }
}

TEST_CASE("the progress deadline passes when the clock is set back") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.broken_images = {"v2"};
  world.release("v2");
  world.reconcile();
  world.tick();
  world.reconcile();
  world.advance(kSetBack);
  world.reconcile();
  world.advance(std::chrono::seconds(62));
  world.settle();
  CHECK(has_reason(world.status().conditions, kProgressingCondition, kProgressDeadlineExceeded));
}
