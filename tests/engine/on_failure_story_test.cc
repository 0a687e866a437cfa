// onFailure: pause. A bad verdict undoes nothing; the update stays as it is until a person answers.

#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using crds::AnalysisPhase;

namespace {

/// Answers as `sluice retry` does: passes nothing over.
void ask_again(World& world) {
  auto& status = world.rollout().status;
  std::erase_if(status.pause_conditions, [](const auto& pause) { return pause.is_question(); });
  status.controller_pause = !status.pause_conditions.empty();
}

/// Answers as `sluice promote` does at an analysis step: passes it over.
void pass_over(World& world) {
  ask_again(world);
  world.rollout().status.current_step_index = *world.status().current_step_index + 1;
}

/// v2 has 10 of the traffic, and its analysis there ends badly.
World failed_at_ten(AnalysisPhase verdict = AnalysisPhase::Failed) {
  World world({.steps = {set_weight(10), analysis(), set_weight(50), pause_step()}});
  world.rollout().spec.on_failure = crds::OnFailure::Pause;
  world.settle();
  world.release("v2");
  world.next_verdict = verdict;
  world.verdict_message = "too many errors";
  world.settle();
  world.next_verdict = AnalysisPhase::None;
  return world;
}

const crds::Wait* find_wait(const World& world, std::string_view reason) {
  const auto& waits = world.status().waiting_for;
  const auto found = std::ranges::find(waits, reason, &crds::Wait::reason);
  return found == waits.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("a bad verdict holds the weight where it is, and says so") {
  const AnalysisPhase verdict = GENERATE(AnalysisPhase::Failed, AnalysisPhase::Error);
  World world = failed_at_ten(verdict);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message.starts_with("FailedAnalysisRun: shop-"));
  CHECK(world.canary_weight() == 10);
  CHECK_FALSE(world.status().abort);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.was_told(kRolloutPaused));
  const crds::Wait* wait = find_wait(world, kFailedRun);
  REQUIRE(wait != nullptr);
  CHECK(wait->message.ends_with("is " + std::string(crds::to_string(verdict)) +
                                ": too many errors; nothing is reverted by itself: promote passes "
                                "it over, retry asks again, abort reverts"));
  world.advance(std::chrono::hours(24));
  world.settle();
  CHECK(world.canary_weight() == 10);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);

  SECTION("an abort reverts") {
    world.abort();
    world.reconcile();
    CHECK(world.canary_weight() == 0);
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  }
  SECTION("a promotion passes the step over") {
    pass_over(world);
    world.settle();
    CHECK(world.canary_weight() == 50);
    CHECK(world.snapshot.analysis_runs.size() == 1);
  }
  SECTION("a retry asks again") {
    ask_again(world);
    world.settle();
    CHECK(world.snapshot.analysis_runs.size() == 2);
    CHECK(world.canary_weight() == 10);
    CHECK(world.status().phase == crds::RolloutPhase::Progressing);
    world.next_verdict = AnalysisPhase::Successful;
    world.settle();
    CHECK(world.canary_weight() == 50);
  }
  SECTION("a bad answer again is asked about again") {
    ask_again(world);
    world.next_verdict = AnalysisPhase::Failed;
    world.settle();
    CHECK(world.snapshot.analysis_runs.size() == 2);
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(find_wait(world, kFailedRun)->object.name == world.snapshot.analysis_runs.back().name);
  }
  SECTION("another revision begins anew") {
    world.release("v3");
    world.settle();
    CHECK(world.status().pause_conditions.empty());
    CHECK(world.snapshot.analysis_runs.size() == 2);
  }
  SECTION("whoever takes the pause out of the spec has the verdict act") {
    world.rollout().spec.on_failure = crds::OnFailure::Revert;
    world.reconcile();
    CHECK(world.canary_weight() == 0);
    CHECK(world.status().abort);
  }
  SECTION("scaling goes on") {
    world.rollout().spec.replicas = 20;
    world.settle();
    CHECK(world.revision("v1").spec_replicas == 20);
    CHECK(world.revision("v2").spec_replicas == 2);
    CHECK(world.canary_weight() == 10);
  }
  SECTION("a canary without a pod has no weight all the same") {
    world.broken_images = {"v2"};
    world.tick();
    world.reconcile();
    CHECK(world.canary_weight() == 0);
  }
}

TEST_CASE("a background analysis that is bad holds the update at its step") {
  World world({.steps = {set_weight(10), pause_step(), set_weight(50), pause_step()}});
  world.rollout().spec.on_failure = crds::OnFailure::Pause;
  world.canary().analysis.emplace();
  world.canary().analysis->analysis.templates.push_back({"success-rate", false});
  world.settle();
  world.release("v2");
  world.next_verdict = AnalysisPhase::Failed;
  world.settle();
  world.next_verdict = AnalysisPhase::None;
  const auto step = world.status().current_step_index;
  REQUIRE(find_wait(world, kFailedRun) != nullptr);
  CHECK(find_wait(world, kFailedRun)
            ->message.ends_with("promote or retry asks again, promote --full passes it over, abort "
                                "reverts"));
  ask_again(world);
  world.settle();
  CHECK(world.snapshot.analysis_runs.size() == 2);
  CHECK(world.canary_weight() == 10);
  CHECK(world.status().current_step_index >= step);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(find_wait(world, kWaitingForPromotion) != nullptr);
}

TEST_CASE("after a blue-green switch a bad verdict leaves the users where they are") {
  crds::BlueGreenStrategy strategy;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.rollout().spec.on_failure = crds::OnFailure::Pause;
  world.release("v2");
  world.next_verdict = AnalysisPhase::Failed;
  world.settle();
  CHECK(active(world) == world.hash("v2"));
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.revision("v1").spec_replicas == 3);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  SECTION("an abort gives them back") {
    world.abort();
    world.reconcile();
    CHECK(active(world) == world.hash("v1"));
  }
  SECTION("a full promotion is done with it") {
    world.promote_full();
    world.rollout().status.pause_conditions.clear();
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
}

TEST_CASE("an answer about the analysis before the switch does not end the pause after it") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.pre_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.next_verdict = AnalysisPhase::Inconclusive;
  world.settle();
  REQUIRE(world.status().controller_pause);
  world.rollout().status.pause_conditions.clear();  // As Argo's clients resume.
  world.next_verdict = AnalysisPhase::Successful;
  world.settle();
  CHECK(active(world) == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(find_wait(world, kWaitingForPromotion) != nullptr);
  world.promote();
  world.settle();
  CHECK(active(world) == world.hash("v2"));
}
