// How updates walk, pause, skip and return.

#include "base/json.h"
#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

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
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
  world.release("v2");
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
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
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.status().message == "CanaryPauseStep: until somebody promotes");
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
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
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
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  const Plan waiting = plan(world.snapshot);
  REQUIRE(waiting.wake_after);
  CHECK(*waiting.wake_after <= std::chrono::seconds(60));
  world.advance(*waiting.wake_after);
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
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
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK_FALSE(world.status().promote_full);
}

TEST_CASE("promote --full is for one revision: the next one takes its steps") {
  World world = deployed(GENERATE(true, false));
  world.release("v2");
  world.settle();
  world.promote_full();
  world.reconcile();
  REQUIRE(world.status().stable_rs == world.hash("v1"));
  world.release("v3");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.status().stable_rs == world.hash("v1"));
}

TEST_CASE("going back to the stable template in mid-update skips the steps") {
  const bool routed = GENERATE(true, false);
  World world = deployed(routed);
  world.release("v2");
  world.settle();
  world.release("v1");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.revision("v1").spec_replicas == 10);
  CHECK(world.was_told(kSkipSteps));
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "3");
  CHECK(world.revision("v1").annotation(crds::kRevisionHistoryAnnotation) == "1");
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("other steps at rest are for the next update, and no return of anything") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote_full();
  world.settle();
  world.news.clear();
  world.canary().steps = {set_weight(50), pause_step()};
  world.canary().steps_text = make_json_text(R"([{"setWeight":50},{"pause":{}}])");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.status().current_step_index == 2);
  CHECK_FALSE(world.was_told(kSkipSteps));
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
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.canary_weight() == 10);
  }
  SECTION("skips them where a rollback asks for it") {
    world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] = world.hash("v1");
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().stable_rs == world.hash("v1"));
    CHECK(world.rollout().meta.annotation(crds::kRollbackToAnnotation) == world.hash("v1"));
    world.release("v2");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
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
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
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
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    world.promote();
  }
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  world.rollout().spec.replicas = 4;
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 4);
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
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
