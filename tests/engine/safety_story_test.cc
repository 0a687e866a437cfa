// Where traffic may and may not go.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

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
  CHECK(std::get<SetTraffic>(made.actions.front()).routes.canary().weight == 0);
  REQUIRE(std::holds_alternative<PointService>(made.actions.at(1)));
  CHECK(std::get<PointService>(made.actions.at(1)).hash == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.status().message == "RolloutAborted: Rollout aborted update to revision 2");
  CHECK(world.status().current_step_index == 0);
  CHECK(world.status().aborted_at);
  CHECK(world.revision("v2").spec_replicas > 0);
  world.settle();
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);

  SECTION("a retry starts again at the first step") {
    world.retry();
    world.settle();
    CHECK(world.was_told(kRolloutRetry));
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.canary_weight() == 10);
    CHECK(world.status().current_step_index == 1);
    for (int i = 0; i < 4; ++i) {
      world.promote();
      world.settle();
    }
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK_FALSE(world.status().aborted_at);
  }
  SECTION("the stable template again makes it healthy") {
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().stable_rs == world.hash("v1"));
    CHECK(world.was_told(kSkipSteps));
  }
}

TEST_CASE("an update without steps that is aborted when all its pods are there is not promoted") {
  const bool routed = GENERATE(true, false);
  World world({.replicas = 10, .routed = routed, .steps = {}});
  world.settle();
  world.release("v2");
  const auto is_there = [&] {
    return world.revision("v2").available_replicas == 10 &&
           (!routed || (world.canary_weight() == 100 &&
                        world.snapshot.routers.front().state == RouterState::Verified));
  };
  world.reconcile();
  for (int i = 0; i < 20 && !is_there(); ++i) {
    world.tick();
    if (!is_there()) world.reconcile();
  }
  REQUIRE(is_there());
  REQUIRE(world.status().stable_rs == world.hash("v1"));
  world.abort();
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().abort);
  CHECK(world.traffic_of(world.hash("v2")) == 0);
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
  CHECK(std::get<SetTraffic>(first.actions.front()).routes.canary().weight == 0);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v2"));
  world.settle();
  CHECK(world.canary_weight() == 10);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v3"));
  CHECK(world.revision("v2").spec_replicas == 3);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.rollout().meta.annotation(crds::kRevisionAnnotation) == "3");
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
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
    return std::any_of(made.status.waiting_for.begin(), made.status.waiting_for.end(),
                       [&](const crds::Wait& wait) { return wait.reason == code; });
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
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
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

TEST_CASE("spec.paused freezes steps and weights, but neither scaling nor an abort") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.rollout().spec.paused = true;
  world.promote();
  world.rollout().spec.replicas = 20;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message == "manually paused");
  CHECK(world.revision("v1").spec_replicas == 20);
  CHECK(world.revision("v2").spec_replicas == 2);
  CHECK(world.canary_weight() == 10);
  world.abort();
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
}

TEST_CASE("the status tells who has the weight while a promotion hands over to the next release") {
  World world({.replicas = 4, .steps = {set_weight(50), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  world.promote();
  while (!world.is_handing_over()) {
    world.reconcile();
    world.tick();
  }
  world.release("v3");
  world.reconcile();
  REQUIRE(world.canary_weight() == 100);
  CHECK(world.status().canary.weights->canary.pod_template_hash == world.hash("v2"));
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

TEST_CASE("a canary's pods stay until every router has let its traffic go") {
  World world(
      {.replicas = 10, .steps = {set_weight(80), pause_step(), set_weight(20), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 8);
  world.promote();
  SECTION("where one has not confirmed it") {
    world.routers_stuck = true;
    for (int i = 0; i < 5; ++i) {
      world.reconcile();
      world.tick();
    }
    CHECK(world.canary_weight() == 20);
  }
  SECTION("where one still gives it more than the other") {
    world.routers_refuse = true;
    world.snapshot.routers.push_back(world.snapshot.routers.front());
    world.snapshot.routers.front().canary_weight = 20;
    world.reconcile();
  }
  CHECK(world.revision("v2").spec_replicas == 8);
}

TEST_CASE("a stable revision that shrinks with its traffic does so once that has left") {
  World world(
      {.replicas = 10, .steps = {set_weight(20), pause_step(), set_weight(80), pause_step()}});
  world.canary().dynamic_stable_scale = true;
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v1").spec_replicas == 8);
  world.promote();
  world.routers_stuck = true;
  for (int i = 0; i < 20 && world.canary_weight() != 80; ++i) {
    world.tick();
    world.reconcile();
  }
  REQUIRE(world.canary_weight() == 80);
  CHECK(world.revision("v1").spec_replicas == 8);
  world.tick();
  world.reconcile();
  CHECK(world.revision("v1").spec_replicas == 8);
  world.routers_stuck = false;
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 2);
}

TEST_CASE("what somebody holds is not promoted, though it has all the traffic") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote_full();
  world.routers_stuck = true;
  for (int i = 0; i < 20 && world.canary_weight() != 100; ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(world.canary_weight() == 100);
  world.rollout().spec.paused = true;
  world.routers_stuck = false;
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
}

TEST_CASE("who goes back gets no more weight while somebody holds it, though its pods come") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 10);
  world.rollout().spec.paused = true;
  world.rollout().meta.annotations["sluice.dev/rollback-to"] = world.hash("v2");
  for (int i = 0; i < 20; ++i) {
    world.reconcile();
    CHECK(world.canary_weight() == 10);
    world.tick();
    world.revision("v2").available_replicas =
        std::min(world.revision("v2").available_replicas, 1 + i);
  }
  world.rollout().spec.paused = false;
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
}

TEST_CASE("header routes live only while the canary can answer") {
  const crds::Step dark = crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}};
  using Steps = std::vector<crds::Step>;
  const Steps steps = GENERATE_REF(Steps{set_weight(50), dark, pause_step()},
                                   Steps{dark, set_weight(50), pause_step()});
  World world({.replicas = 2, .steps = steps});
  world.canary().traffic_routing->managed_routes = {"dark"};
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.snapshot.routers.front().managed_routes.contains("dark"));
  CHECK(world.status().current_step_index == 2);
  SECTION("not after an abort, from its first plan on") {
    world.abort();
    world.reconcile();
    CHECK(world.snapshot.routers.front().managed_routes.empty());
    world.settle();
    CHECK(world.snapshot.routers.front().managed_routes.empty());
  }
  SECTION("not while it has no pods") {
    world.revision("v2").available_replicas = 0;
    world.reconcile();
    CHECK(world.snapshot.routers.front().managed_routes.empty());
    world.settle();
    CHECK(world.snapshot.routers.front().managed_routes.contains("dark"));
  }
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
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
}
