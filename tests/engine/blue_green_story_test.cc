// How a blue-green update is looked at, switches, proves itself and returns.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

TEST_CASE("the first revision of a blue-green Rollout is behind both Services") {
  World world = blue_green();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(active(world) == world.hash("v1"));
  CHECK(preview(world) == world.hash("v1"));
  CHECK(world.status().blue_green.active_selector == world.hash("v1"));
  CHECK(world.status().current_step_index == std::nullopt);
  CHECK(world.status().current_step_hash == "");
  CHECK(plan(world.snapshot).actions.empty());
}

TEST_CASE("users come to a first revision once all its pods are available") {
  World world = blue_green();
  world.snapshot.services["shop-active"] = {.exists = true};
  world.rollout().status = {};
  world.snapshot.replica_sets.clear();
  world.reconcile();
  world.tick();
  world.revision("v1").available_replicas = 2;
  world.reconcile();
  CHECK(active(world) == "");
  CHECK(world.status().stable_rs == "");
  world.settle();
  CHECK(active(world) == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("a new revision is looked at before the users have it") {
  World world = blue_green(by_hand());
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message == "BlueGreenPause: until somebody promotes");
  CHECK(active(world) == world.hash("v1"));
  CHECK(preview(world) == world.hash("v2"));
  CHECK(world.revision("v2").spec_replicas == 3);
  CHECK(world.revision("v1").spec_replicas == 3);

  world.promote();
  world.reconcile();
  CHECK(active(world) == world.hash("v2"));
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().blue_green.scale_up_preview_check_point == false);
  CHECK(world.revision("v1").spec_replicas == 3);
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 0);
}

TEST_CASE("without a pause the switch comes with the last pod, and with no pod less") {
  World world = blue_green();
  world.release("v2");
  world.reconcile();
  world.tick();
  world.revision("v2").available_replicas = 2;
  world.reconcile();
  CHECK(active(world) == world.hash("v1"));
  CHECK(world.status().message == "2 of 3 pods of revision 2 are available");
  world.settle();
  CHECK(active(world) == world.hash("v2"));
  CHECK(world.status().stable_rs == world.hash("v2"));
}

TEST_CASE("a timed pause before the switch ends by itself, or by a person") {
  World world = blue_green({.auto_promotion_seconds = 60});
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  SECTION("by itself") {
    world.advance(std::chrono::seconds(61));
  }
  SECTION("by a person") {
    world.promote();
  }
  world.settle();
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE("a smaller preview grows to its full size before the users have it") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.preview_replica_count = 1;
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.revision("v2").spec_replicas == 1);
  world.promote();
  world.reconcile();
  CHECK(world.status().blue_green.scale_up_preview_check_point);
  CHECK(world.revision("v2").spec_replicas == 3);
  CHECK(active(world) == world.hash("v1"));
  world.settle();
  CHECK(active(world) == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("the numbers are those of the revision that users have, as Argo Rollouts shows them") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.preview_replica_count = 1;
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  const crds::RolloutStatus& status = world.status();
  CHECK(status.replicas == 4);
  CHECK(status.updated_replicas == 1);
  CHECK(status.ready_replicas == 3);
  CHECK(status.available_replicas == 3);
  CHECK(status.hpa_replicas == 3);
  CHECK(status.selector == "app=shop,rollouts-pod-template-hash=" + world.hash("v1"));
  CHECK(status.blue_green.active_selector == world.hash("v1"));
  CHECK(status.blue_green.preview_selector == world.hash("v2"));
  CHECK(status.controller_pause);
}

TEST_CASE("a pre-promotion analysis begins with the pods of the preview, and lets nobody by") {
  crds::BlueGreenStrategy strategy;
  strategy.pre_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  CHECK(world.snapshot.analysis_runs.empty());
  world.release("v2");
  world.reconcile();
  CHECK(world.snapshot.analysis_runs.empty());
  world.settle();
  REQUIRE(world.snapshot.analysis_runs.size() == 1);
  CHECK(world.snapshot.analysis_runs[0].name == "shop-" + world.hash("v2") + "-2-pre");
  CHECK(world.snapshot.analysis_runs[0].label(crds::kRolloutTypeLabel) == "PrePromotion");
  CHECK(active(world) == world.hash("v1"));
  SECTION("good") {
    world.next_verdict = crds::AnalysisPhase::Successful;
    world.settle();
    CHECK(active(world) == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().blue_green.pre_promotion_analysis_run->status ==
          crds::AnalysisPhase::Successful);
  }
  SECTION("bad") {
    world.next_verdict = crds::AnalysisPhase::Failed;
    world.settle();
    CHECK(active(world) == world.hash("v1"));
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
    CHECK(world.status().message.starts_with(
        "RolloutAborted: Rollout aborted update to revision 2: Pre-promotion analysis phase "
        "error/failed"));
    CHECK(world.revision("v2").spec_replicas == 3);
    world.advance(std::chrono::seconds(31));
    world.settle();
    CHECK(world.revision("v2").spec_replicas == 0);
  }
}

TEST_CASE("a pause comes after the analysis before the switch") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.pre_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  CHECK(world.status().pause_conditions.empty());
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("a full promotion passes over pauses and analyses, and waits for pods") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.preview_replica_count = 1;
  strategy.pre_promotion_analysis = smoke_test();
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  world.promote_full();
  world.reconcile();
  CHECK(active(world) == world.hash("v1"));
  world.settle();
  CHECK(active(world) == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.snapshot.analysis_runs.size() == 1);
  CHECK(world.snapshot.analysis_runs[0].terminate);
}

TEST_CASE("who returns to pods that stand by returns at once") {
  World world = blue_green(by_hand());
  world.release("v2");
  world.settle();
  SECTION("to the revision that was stable") {
    world.promote();
    world.settle();
    world.release("v1");
    world.reconcile();
    CHECK(active(world) == world.hash("v1"));
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().stable_rs == world.hash("v1"));
  }
  SECTION("not to one that somebody went back from") {
    world.promote();
    world.settle();
    world.release("v1");
    world.settle();
    world.release("v2");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(active(world) == world.hash("v1"));
  }
  SECTION("not once its pods are gone") {
    world.promote();
    world.settle();
    world.advance(std::chrono::seconds(31));
    world.settle();
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(active(world) == world.hash("v2"));
  }
  SECTION("not to one that was aborted") {
    world.abort();
    world.settle();
    world.release("v3");
    world.reconcile();
    world.release("v2");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(active(world) == world.hash("v1"));
  }
}

TEST_CASE("a third revision takes the place of the second one before the switch") {
  World world = blue_green(by_hand());
  world.release("v2");
  world.settle();
  world.release("v3");
  world.settle();
  CHECK(preview(world) == world.hash("v3"));
  CHECK(active(world) == world.hash("v1"));
  CHECK(world.revision("v2").spec_replicas == 0);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("in the middle of an update both revisions follow the Rollout's size") {
  World world = blue_green(by_hand());
  world.release("v2");
  world.settle();
  world.rollout().spec.replicas = 5;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 5);
  CHECK(world.revision("v2").spec_replicas == 5);
  world.promote();
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}
