#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

World deployed(bool routed = true, RouterState router = RouterState::Verified) {
  World world({.replicas = 10, .routed = routed, .router = router, .steps = mission_steps()});
  world.settle();
  REQUIRE(world.status().phase == "Healthy");
  return world;
}

std::string progressing_reason(const World& world) {
  const crds::Condition* found = find_condition(world.status().conditions, kProgressingCondition);
  return found == nullptr ? "" : found->reason;
}

}  // namespace

TEST_CASE("the first revision goes straight to all its pods") {
  World world = deployed();
  CHECK(world.snapshot.replica_sets.size() == 1);
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().current_step_index == 9);
  CHECK(world.snapshot.services["shop-stable"].selector_hash == world.hash("v1"));
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v1"));
  CHECK(world.canary_weight() == 0);
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "1");
  CHECK(world.was_told(kRolloutCompleted));
  CHECK(plan(world.snapshot).actions.empty());
}

TEST_CASE("a first revision that cannot start is replaced by the next one") {
  World world({.replicas = 3, .steps = mission_steps()});
  world.broken_images = {"v1"};
  world.settle();
  CHECK(world.status().stable_rs == "");
  CHECK(world.status().phase == "Progressing");
  world.release("v2");
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == "Healthy");
  CHECK(world.revision("v1").spec_replicas == 0);
}

TEST_CASE("a canary walks 10, 30, 50, 80, 100 and is promoted") {
  const bool routed = GENERATE(true, false);
  const RouterState router = GENERATE(RouterState::Verified, RouterState::Unsupported);
  World world = deployed(routed, router);
  world.release("v2");
  for (const int64_t weight : {10, 30, 50, 80}) {
    world.settle();
    INFO("weight " << weight);
    CHECK(world.status().phase == "Paused");
    CHECK(world.status().message == "CanaryPauseStep");
    CHECK(world.revision("v2").spec_replicas == weight / 10);
    if (routed) {
      CHECK(world.canary_weight() == weight);
      CHECK(world.revision("v1").spec_replicas == 10);
      REQUIRE(world.status().canary.weights);
      CHECK(world.status().canary.weights->canary.weight == weight);
      CHECK(world.status().canary.weights->verified ==
            (router == RouterState::Verified ? std::optional(true) : std::nullopt));
    } else {
      CHECK(world.revision("v1").spec_replicas == 10 - weight / 10);
    }
    CHECK(plan(world.snapshot).actions.empty());
    world.promote();
  }
  world.settle();
  CHECK(world.status().phase == "Healthy");
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().current_step_index == 9);
  CHECK(world.revision("v2").spec_replicas == 10);
  if (routed) {
    CHECK(world.canary_weight() == 0);
    CHECK(world.snapshot.services["shop-stable"].selector_hash == world.hash("v2"));
    CHECK(world.revision("v1").spec_replicas == 10);
    world.advance(std::chrono::seconds(31));
    world.settle();
  }
  CHECK(world.revision("v1").spec_replicas == 0);
  CHECK(world.revision("v1").annotation(crds::kScaleDownDeadlineAnnotation) == "");
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "2");
}

TEST_CASE("a timed pause ends by itself and says when to look again") {
  World world({.replicas = 2, .steps = {set_weight(50), pause_step(std::chrono::seconds(60))}});
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == "Paused");
  const Plan waiting = plan(world.snapshot);
  REQUIRE(waiting.wake_after);
  CHECK(*waiting.wake_after <= std::chrono::seconds(60));
  world.advance(*waiting.wake_after);
  world.settle();
  CHECK(world.status().phase == "Healthy");
  CHECK(world.status().stable_rs == world.hash("v2"));
}

TEST_CASE("steps that need no waiting are passed in one plan") {
  World world({.replicas = 2, .routed = false, .steps = {}});
  world.settle();
  world.canary().steps = {crds::SetCanaryScaleStep{.replicas = 1}, set_weight(0),
                          crds::SetCanaryScaleStep{.replicas = 1}, pause_step()};
  world.release("v2");
  world.reconcile();
  world.reconcile();
  CHECK(world.status().current_step_index == 3);
  CHECK(world.status().pause_conditions.size() == 1);
}

TEST_CASE("an abort takes the weight away first and at once") {
  World world = deployed();
  world.release("v2");
  const int pauses = GENERATE(1, 2, 3, 4);
  for (int i = 1; i < pauses; ++i) {
    world.settle();
    world.promote();
  }
  world.settle();
  REQUIRE(world.canary_weight() > 0);
  world.abort();
  const Plan made = world.reconcile();
  REQUIRE(std::holds_alternative<SetTraffic>(made.actions.front()));
  CHECK(std::get<SetTraffic>(made.actions.front()).canary.weight == 0);
  REQUIRE(std::holds_alternative<PointService>(made.actions.at(1)));
  CHECK(std::get<PointService>(made.actions.at(1)).hash == world.hash("v1"));
  CHECK(world.status().phase == "Degraded");
  CHECK(world.status().message == "RolloutAborted: Rollout aborted update to revision 2");
  CHECK(world.status().current_step_index == 0);
  CHECK(world.status().aborted_at);
  CHECK(world.revision("v2").spec_replicas > 0);
  world.settle();
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
  CHECK(world.status().phase == "Degraded");

  SECTION("a retry starts again at the first step") {
    world.retry();
    world.settle();
    CHECK(world.was_told(kRolloutRetry));
    CHECK(world.status().phase == "Paused");
    CHECK(world.canary_weight() == 10);
    CHECK(world.status().current_step_index == 1);
    for (int i = 0; i < 4; ++i) {
      world.promote();
      world.settle();
    }
    CHECK(world.status().phase == "Healthy");
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK_FALSE(world.status().aborted_at);
  }
  SECTION("the stable template again makes it healthy") {
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == "Healthy");
    CHECK(world.status().stable_rs == world.hash("v1"));
    CHECK(world.was_told(kSkipSteps));
  }
}

TEST_CASE("a person's reason is shown, also when it is written after the abort") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.abort();
  const bool before = GENERATE(true, false);
  const auto give_reason = [&] {
    world.rollout().meta.annotations[std::string(crds::kAbortReasonAnnotation)] = "error spike";
  };
  if (before) give_reason();
  world.reconcile();
  if (!before) {
    give_reason();
    world.reconcile();
  }
  CHECK(world.status().message ==
        "RolloutAborted: Rollout aborted update to revision 2: error spike");
  world.release("v3");
  world.settle();
  CHECK(world.rollout().meta.annotation(crds::kAbortReasonAnnotation) == "");
}

TEST_CASE("promote --full skips the steps but waits for the pods") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote_full();
  world.reconcile();
  CHECK(world.canary_weight() == 10);
  CHECK(world.revision("v2").spec_replicas == 10);
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == "Healthy");
  CHECK_FALSE(world.status().promote_full);
}

TEST_CASE("a third revision in the middle of the second takes its place at weight 0") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  REQUIRE(world.canary_weight() == 30);
  world.release("v3");
  const Plan first = world.reconcile();
  REQUIRE(std::holds_alternative<SetTraffic>(first.actions.front()));
  CHECK(std::get<SetTraffic>(first.actions.front()).canary.weight == 0);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v2"));
  world.settle();
  CHECK(world.canary_weight() == 10);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v3"));
  CHECK(world.revision("v2").spec_replicas == 0);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "3");
}

TEST_CASE("going back to the stable template in mid-update skips the steps") {
  const bool routed = GENERATE(true, false);
  World world = deployed(routed);
  world.release("v2");
  world.settle();
  world.release("v1");
  world.settle();
  CHECK(world.status().phase == "Healthy");
  CHECK(world.revision("v1").spec_replicas == 10);
  CHECK(world.was_told(kSkipSteps));
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "3");
  CHECK(world.revision("v1").annotation(crds::kRevisionHistoryAnnotation) == "1");
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("a return to an older revision") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote_full();
  world.settle();
  REQUIRE(world.status().stable_rs == world.hash("v2"));
  SECTION("walks the steps by default") {
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == "Paused");
    CHECK(world.canary_weight() == 10);
  }
  SECTION("skips them where a rollback asks for it") {
    world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] = world.hash("v1");
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == "Healthy");
    CHECK(world.status().stable_rs == world.hash("v1"));
    CHECK(world.rollout().meta.annotation(crds::kRollbackToAnnotation) == world.hash("v1"));
    world.release("v2");
    world.settle();
    CHECK(world.status().phase == "Paused");
    CHECK(world.rollout().meta.annotation(crds::kRollbackToAnnotation) == "");
  }
  SECTION("skips them within the rollback window") {
    world.rollout().spec.rollback_window_revisions = 1;
    world.release("v1");
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v1"));
  }
  SECTION("a rollback request for another revision is not obeyed") {
    world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] = "other";
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == "Paused");
  }
}

TEST_CASE("changed steps start the update over") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  REQUIRE(world.canary_weight() == 30);
  world.canary().steps = {set_weight(20), pause_step()};
  world.canary().steps_text = make_json_text("[20]");
  world.settle();
  CHECK(world.canary_weight() == 20);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.revision("v2").spec_replicas == 2);
}

TEST_CASE("a canary without an available pod has no weight") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 10);
  world.revision("v2").available_replicas = 0;
  const Plan made = world.reconcile();
  REQUIRE(std::holds_alternative<SetTraffic>(made.actions.front()));
  CHECK(world.canary_weight() == 0);
  world.settle();
  CHECK(world.canary_weight() == 10);
}

TEST_CASE("traffic does not return to a stable revision that is dead") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  world.broken_images = {"v1"};
  world.tick();
  world.abort();
  const Plan made = world.reconcile();
  CHECK(world.canary_weight() == 30);
  const auto said = [&](std::string_view code) {
    return std::any_of(made.reasons.begin(), made.reasons.end(),
                       [&](const Reason& reason) { return reason.code == code; });
  };
  CHECK(said(kStableLacksCapacity));
  world.broken_images.clear();
  world.settle();
  CHECK(world.canary_weight() == 0);
}

TEST_CASE("a dead stable does not block a good canary") {
  World world = deployed(GENERATE(true, false));
  world.release("v2");
  world.settle();
  world.broken_images = {"v1"};
  world.tick();
  for (int i = 0; i < 4; ++i) {
    world.promote();
    world.settle();
  }
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == "Healthy");
}

TEST_CASE("a router that does not confirm holds the step and the draining") {
  World world = deployed();
  world.release("v2");
  world.routers_stuck = true;
  for (int i = 0; i < 20; ++i) {
    world.reconcile();
    world.tick();
  }
  CHECK(world.status().current_step_index == 0);
  REQUIRE(world.status().canary.weights);
  CHECK(world.status().canary.weights->verified == false);
  CHECK(plan(world.snapshot).wake_after <= std::chrono::seconds(10));
  world.routers_stuck = false;
  world.settle();
  CHECK(world.status().current_step_index == 1);
}

TEST_CASE("spec.paused freezes scaling and steps, but not an abort") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.rollout().spec.paused = true;
  world.promote();
  world.rollout().spec.replicas = 20;
  world.settle();
  CHECK(world.status().phase == "Paused");
  CHECK(world.status().message == "manually paused");
  CHECK(world.revision("v1").spec_replicas == 10);
  CHECK(world.canary_weight() == 10);
  world.abort();
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().phase == "Degraded");
}

TEST_CASE("a change of replicas reaches both revisions in mid-step") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.rollout().spec.replicas = 30;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 30);
  CHECK(world.revision("v2").spec_replicas == 3);
  world.rollout().spec.replicas = 10;
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 1);
}

TEST_CASE("a rollout of no replicas walks its steps without weight") {
  World world = deployed();
  world.rollout().spec.replicas = 0;
  world.settle();
  world.release("v2");
  for (int i = 0; i < 4; ++i) {
    world.settle();
    CHECK(world.status().phase == "Paused");
    world.promote();
  }
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == "Healthy");
  world.rollout().spec.replicas = 4;
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 4);
  CHECK(world.status().phase == "Healthy");
}

TEST_CASE("setCanaryScale fixes the pods until they follow the weight again") {
  World world({.replicas = 10,
               .steps = {crds::SetCanaryScaleStep{.replicas = 4}, set_weight(10), pause_step(),
                         crds::SetCanaryScaleStep{.match_traffic_weight = true}, pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 4);
  CHECK(world.canary_weight() == 10);
  world.promote();
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 1);
}

TEST_CASE("less weight goes first, pods follow") {
  World world(
      {.replicas = 10, .steps = {set_weight(80), pause_step(), set_weight(20), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 8);
  world.promote();
  world.reconcile();
  CHECK(world.canary_weight() == 20);
  CHECK(world.revision("v2").spec_replicas == 8);
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 2);
}

TEST_CASE("header routes live only while the canary can answer") {
  World world(
      {.replicas = 2,
       .steps = {set_weight(50), crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}},
                 pause_step()}});
  world.canary().traffic_routing->managed_routes = {"dark"};
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.snapshot.routers.front().managed_routes.contains("dark"));
  CHECK(world.status().current_step_index == 2);
  world.abort();
  world.settle();
  CHECK(world.snapshot.routers.front().managed_routes.empty());
}

TEST_CASE("dynamicStableScale returns traffic no faster than stable can bear it") {
  World world = deployed();
  world.canary().dynamic_stable_scale = true;
  world.release("v2");
  for (int i = 0; i < 3; ++i) {
    world.settle();
    world.promote();
  }
  world.settle();
  REQUIRE(world.canary_weight() == 80);
  CHECK(world.revision("v1").spec_replicas == 2);
  world.abort();
  world.reconcile();
  CHECK(world.canary_weight() == 80);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v2"));
  CHECK(world.revision("v1").spec_replicas == 10);
  world.revision("v1").available_replicas = 6;
  world.reconcile();
  CHECK(world.canary_weight() == 40);
  world.settle();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().phase == "Degraded");
}

TEST_CASE("the progress deadline") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.broken_images = {"v2"};
  world.release("v2");
  world.reconcile();
  world.tick();
  SECTION("shows that nothing moves, and heals") {
    world.advance(std::chrono::seconds(61));
    world.settle();
    CHECK(world.status().phase == "Degraded");
    CHECK(progressing_reason(world) == kProgressDeadlineExceeded);
    world.broken_images.clear();
    world.settle();
    CHECK(world.status().phase == "Paused");
  }
  SECTION("aborts where that is asked for") {
    world.rollout().spec.progress_deadline_abort = true;
    world.advance(std::chrono::seconds(61));
    world.settle();
    CHECK(world.status().abort);
    CHECK(progressing_reason(world) == kRolloutAborted);
    // The next, good release starts with a fresh deadline.
    world.release("v3");
    world.settle();
    CHECK(world.status().phase == "Paused");
    CHECK(world.canary_weight() == 10);
  }
  SECTION("is not put off by pods that flap") {
    for (int i = 0; i < 70; ++i) {
      world.reconcile();
      world.tick();
      world.revision("v2").available_replicas = i % 2;
      if (i % 2 == 1) world.snapshot.routers.front().state = RouterState::Pending;
      world.routers_stuck = true;
    }
    CHECK(progressing_reason(world) == kProgressDeadlineExceeded);
  }
}

TEST_CASE("old revisions beyond the history limit go") {
  World world({.replicas = 1, .routed = false, .steps = {}});
  world.rollout().spec.revision_history_limit = 2;
  world.settle();
  for (const char* image : {"v2", "v3", "v4", "v5"}) {
    world.release(image);
    world.settle();
  }
  CHECK(world.snapshot.replica_sets.size() == 3);
  CHECK(world.find_image("v2") == nullptr);
  CHECK(world.find_image("v3") != nullptr);
}

TEST_CASE("only the newest old revisions enjoy the scale-down delay") {
  World world({.replicas = 1, .steps = {}});
  world.canary().scale_down_delay_seconds = 1000;
  world.canary().scale_down_delay_revision_limit = 1;
  world.settle();
  for (const char* image : {"v2", "v3"}) {
    world.release(image);
    world.settle();
  }
  CHECK(world.revision("v1").spec_replicas == 0);
  CHECK(world.revision("v2").spec_replicas == 1);
  CHECK(world.revision("v3").spec_replicas == 1);
}

TEST_CASE("an invalid spec stands still, says why, and heals") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.snapshot.problems = {{"spec.strategy.canary.steps[0].setWeight", "must be 0 to 100"}};
  world.release("v3");
  const Plan made = world.reconcile();
  CHECK(made.actions.empty());
  CHECK(world.status().phase == "Degraded");
  CHECK(world.status().message.find("InvalidSpec: ") == 0);
  CHECK(world.status().message.find("must be 0 to 100") != std::string::npos);
  CHECK(made.wake_after);
  SECTION("an abort still takes the traffic back, and changes no size") {
    world.rollout().spec.replicas = 1;
    world.abort();
    const Plan retreat = world.reconcile();
    CHECK(world.canary_weight() == 0);
    CHECK(world.revision("v1").spec_replicas == 10);
    CHECK(world.find_image("v3") == nullptr);
    CHECK(world.status().message.find("InvalidSpec: ") == 0);
    CHECK(world.status().abort);
    world.tick();
    world.reconcile();
    world.tick();
    CHECK(plan(world.snapshot).status == world.status());
    CHECK(plan(world.snapshot).actions.empty());
  }
  SECTION("mended") {
    world.snapshot.problems.clear();
    world.settle();
    CHECK(world.status().phase == "Paused");
    CHECK(world.find_image("v3") != nullptr);
  }
}

TEST_CASE("what the engine cannot run is refused by name") {
  World world = deployed();
  world.canary().steps.push_back(crds::UnsupportedStep{"experiment", make_json_text("{}")});
  world.reconcile();
  CHECK(world.status().message.find("spec.strategy.canary.steps[9].experiment") !=
        std::string::npos);
}

TEST_CASE("a lost status does no harm") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  REQUIRE(world.canary_weight() == 30);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == "Paused");
  CHECK(world.snapshot.replica_sets.size() == 2);
  CHECK(world.canary_weight() == 10);
}

TEST_CASE("a ReplicaSet that another writer labelled is adopted") {
  World world = deployed();
  const std::string label(crds::kPodTemplateHashLabel);
  world.revision("v1").labels[label] = "fromargo";
  world.rollout().status.stable_rs = world.rollout().status.current_pod_hash = "fromargo";
  for (auto& [name, service] : world.snapshot.services) service.selector_hash = "fromargo";
  const Plan made = plan(world.snapshot);
  CHECK(made.actions.empty());
  CHECK(made.status.current_pod_hash == "fromargo");
}

TEST_CASE("a name that somebody else took leads to another hash") {
  World world({.replicas = 1, .steps = {}});
  const Plan first = plan(world.snapshot);
  const auto created =
      std::find_if(first.actions.begin(), first.actions.end(),
                   [](const Action& a) { return std::holds_alternative<CreateReplicaSet>(a); });
  REQUIRE(created != first.actions.end());
  const std::string taken = std::get<CreateReplicaSet>(*created).name;
  world.snapshot.names_taken = {taken};
  world.settle();
  CHECK(world.status().phase == "Healthy");
  CHECK(world.status().collision_count == 1);
  CHECK(world.snapshot.replica_sets.front().name != taken);
}

TEST_CASE("Services that another workload stands behind are narrowed only to a full revision") {
  World world({.replicas = 4, .steps = mission_steps()});
  world.reconcile();
  world.revision("v1").replicas = 4;
  world.revision("v1").available_replicas = 3;
  world.reconcile();
  CHECK(world.snapshot.services["shop-stable"].selector_hash == "");
  world.revision("v1").available_replicas = 4;
  world.reconcile();
  CHECK(world.snapshot.services["shop-stable"].selector_hash == world.hash("v1"));
  CHECK(world.snapshot.services["shop-stable"].managed_by == "shop");
}

TEST_CASE("a Rollout that is being deleted is left alone") {
  World world = deployed();
  world.release("v2");
  world.rollout().meta.deletion_timestamp = world.snapshot.now;
  CHECK(plan(world.snapshot).actions.empty());
  CHECK(plan(world.snapshot).status == world.status());
}
