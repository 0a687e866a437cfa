// Who has the users of a blue-green Rollout when something goes wrong, or somebody holds it.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// v2 is released, and the analysis before its switch leaves somebody to answer.
World asked_before_the_switch() {
  crds::BlueGreenStrategy strategy;
  strategy.pre_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.next_verdict = crds::AnalysisPhase::Inconclusive;
  world.settle();
  return world;
}

}  // namespace

TEST_CASE("after the switch a bad analysis gives the users back at once") {
  crds::BlueGreenStrategy strategy;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  CHECK(active(world) == world.hash("v2"));
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(run_named(world, "-post").label(crds::kRolloutTypeLabel) == "PostPromotion");
  world.advance(std::chrono::hours(1));
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 3);

  SECTION("good") {
    world.next_verdict = crds::AnalysisPhase::Successful;
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("bad") {
    run_named(world, "-post").phase = crds::AnalysisPhase::Failed;
    world.reconcile();
    CHECK(active(world) == world.hash("v1"));
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
    CHECK(preview(world) == world.hash("v2"));
  }
  SECTION("as does a release of the stable revision, also with a single pod of it") {
    world.revision("v1").available_replicas = 1;
    world.release("v1");
    world.reconcile();
    CHECK(active(world) == world.hash("v1"));
  }
}

TEST_CASE("an inconclusive analysis before the switch holds it until somebody answers") {
  World world = asked_before_the_switch();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message.ends_with(
      "promote or retry asks again, promote --full passes it over, abort reverts"));
  CHECK(active(world) == world.hash("v1"));
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.promote();
  world.settle();
  CHECK(world.snapshot.analysis_runs.size() == 2);
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE("whoever answers twice is asked a third time, and not about the first answer again") {
  World world = asked_before_the_switch();
  world.promote();
  world.settle();
  REQUIRE(world.snapshot.analysis_runs.size() == 2);
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.promote();
  world.settle();
  CHECK(world.snapshot.analysis_runs.size() == 3);
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE("an abort is heeded before and after the switch, and a retry starts over") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.pre_promotion_analysis = smoke_test();
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  run_named(world, "-pre").phase = crds::AnalysisPhase::Successful;
  world.settle();
  SECTION("before") {
    world.abort();
  }
  SECTION("after") {
    world.promote();
    world.settle();
    REQUIRE(active(world) == world.hash("v2"));
    world.abort();
  }
  world.reconcile();
  CHECK(active(world) == world.hash("v1"));
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.status().pause_conditions.empty());

  // A retry begins with the pods, not with what the aborted attempt left.
  world.advance(std::chrono::seconds(31));
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 0);
  world.retry();
  const size_t runs = world.snapshot.analysis_runs.size();
  world.reconcile();
  CHECK(world.snapshot.analysis_runs.size() == runs);
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(active(world) == world.hash("v1"));
  run_named(world, "-pre.1");
  // What the aborted attempt measured after its switch says nothing about the next one.
  for (const AnalysisRun& run : world.snapshot.analysis_runs)
    CHECK_FALSE(run.name.ends_with("-post.1"));
  world.promote();
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  const bool before = world.snapshot.analysis_runs.size() == 3;
  run_named(world, before ? "-post" : "-post.1");
}

TEST_CASE("users are not left with a revision whose last pod is gone while another one stands by") {
  crds::BlueGreenStrategy strategy;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  REQUIRE(active(world) == world.hash("v2"));
  world.broken_images = {"v2"};
  world.judges = false;
  world.tick();
  world.reconcile();
  CHECK(active(world) == world.hash("v1"));
  world.broken_images.clear();
  world.tick();
  world.reconcile();
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE("a hold keeps the users where they are, and holds up no abort") {
  World world = blue_green();
  world.rollout().spec.paused = true;
  world.release("v2");
  world.settle();
  CHECK(active(world) == world.hash("v1"));
  CHECK(preview(world) == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  SECTION("until it ends") {
    world.rollout().spec.paused = false;
    world.settle();
    CHECK(active(world) == world.hash("v2"));
  }
  SECTION("an abort") {
    world.abort();
    world.settle();
    world.advance(std::chrono::seconds(31));
    world.settle();
    CHECK(world.revision("v2").spec_replicas == 0);
  }
}

TEST_CASE("a spec that cannot be planned keeps the users, and an abort gives them back") {
  crds::BlueGreenStrategy strategy;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  world.snapshot.problems = {{"spec.template", "is broken"}};
  world.reconcile();
  CHECK(active(world) == world.hash("v2"));
  run_named(world, "-post").phase = crds::AnalysisPhase::Failed;
  world.reconcile();
  CHECK(active(world) == world.hash("v1"));
}

TEST_CASE("a hold that comes between the pause and the switch holds the switch up") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.preview_replica_count = 1;
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  world.promote();
  world.reconcile();
  world.rollout().spec.paused = true;
  world.settle();
  CHECK(world.revision("v2").available_replicas == 3);
  CHECK(active(world) == world.hash("v1"));
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE(
    "a Service that the spec names no more is left with the stable revision, and given back") {
  World world = blue_green(by_hand());
  // A Service that is given back selects no revision, and all that is left.
  world.judges = false;
  world.snapshot.services["shop-other"].exists = true;
  world.release("v2");
  world.settle();
  SECTION("another active Service") {
    world.blue_green().active_service = "shop-other";
    world.settle();
    CHECK(active(world) == world.hash("v1"));
    CHECK(world.snapshot.services["shop-other"].selector_hash == world.hash("v1"));
    world.promote();
    world.settle();
    CHECK(world.snapshot.services["shop-other"].selector_hash == world.hash("v2"));
    CHECK(active(world) == world.hash("v2"));
    world.advance(std::chrono::seconds(31));
  }
  SECTION("a canary without Services") {
    crds::CanaryStrategy canary;
    canary.steps_text = make_json_text("[]");
    world.rollout().spec.strategy = canary;
    world.settle();
    CHECK(world.status().blue_green == crds::BlueGreenStatus{});
  }
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(active(world) == "");
  CHECK(world.snapshot.services["shop-active"].managed_by == "");
}

TEST_CASE("a blue-green update comes to the same end wherever the process is killed") {
  crds::BlueGreenStrategy strategy;
  strategy.preview_replica_count = 1;
  strategy.auto_promotion_seconds = 5;
  strategy.pre_promotion_analysis = smoke_test();
  strategy.post_promotion_analysis = smoke_test();
  const auto update = [&](size_t dies_at) {
    World world = blue_green(strategy);
    world.next_verdict = crds::AnalysisPhase::Successful;
    world.release("v2");
    world.writes = 0;
    world.dies_at_write = dies_at;
    for (int round = 0; round < 40; ++round) {
      world.reconcile();
      world.tick();
    }
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(active(world) == world.hash("v2"));
    CHECK(world.snapshot.analysis_runs.size() == 2);
    return world.writes;
  };
  const size_t writes = update(kNever);
  for (size_t dies_at = 0; dies_at < writes; ++dies_at) {
    INFO("killed at write " << dies_at);
    update(dies_at);
  }
}

TEST_CASE("an analysis before the switch that somebody passes over is ended, and decides nothing") {
  crds::BlueGreenStrategy strategy;
  strategy.pre_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  REQUIRE(active(world) == world.hash("v1"));
  world.rollout().status.blue_green.scale_up_preview_check_point = true;
  world.reconcile();
  CHECK(active(world) == world.hash("v2"));
  CHECK(run_named(world, "-pre").terminate);
  run_named(world, "-pre").phase = crds::AnalysisPhase::Failed;
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("whoever retries in the second of an abort is judged by a run of his own, each time") {
  crds::BlueGreenStrategy judged;
  judged.pre_promotion_analysis = smoke_test();
  World world = blue_green(judged);
  world.release("v2");
  world.settle();
  for (size_t runs = 1; runs <= 4; ++runs) {
    world.reconcile();
    REQUIRE(world.snapshot.analysis_runs.size() == runs);
    CHECK_FALSE(world.status().abort);
    world.snapshot.analysis_runs.back().phase = crds::AnalysisPhase::Failed;
    world.reconcile();
    REQUIRE(world.status().abort);
    world.retry();
  }
}
