// The wall clock is set back in the middle of something: a start that lies ahead counts as now.

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"
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

TEST_CASE("whoever answers a run after the clock was set back has one more, and no other") {
  const bool blue_green = GENERATE(false, true);
  crds::BlueGreenStrategy judged;
  judged.pre_promotion_analysis = smoke_test();
  World world = blue_green ? test::blue_green(judged)
                           : World({.steps = {set_weight(10), analysis(), set_weight(50)}});
  world.settle();
  world.release("v2");
  world.next_verdict = crds::AnalysisPhase::Inconclusive;
  world.settle();
  REQUIRE(world.status().phase == crds::RolloutPhase::Paused);
  REQUIRE(world.snapshot.analysis_runs.size() == 1);
  world.advance(kSetBack);
  world.rollout().status.pause_conditions.clear();
  world.next_verdict = crds::AnalysisPhase::None;
  for (int look = 0; look < 5; ++look) world.reconcile();
  CHECK(world.snapshot.analysis_runs.size() == 2);
  CHECK_FALSE(world.snapshot.analysis_runs.back().terminate);
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
