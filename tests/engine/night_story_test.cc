// What goes wrong at night: pods that die, routers that refuse, statuses that get lost, people in a
// hurry.

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

void promote_to_v2(World& world) {
  world.release("v2");
  world.settle();
  world.promote_full();
  world.settle();
  REQUIRE(world.status().stable_rs == world.hash("v2"));
}

void ask_to_return(World& world, const std::string& image) {
  world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] = world.hash(image);
  world.release(image);
}

/// Brings the update to where both Services select v2 for the first time.
void walk_to_hand_over(World& world) {
  world.release("v2");
  world.settle();
  world.promote_full();
  for (int i = 0; i < 20 && !world.is_handing_over(); ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(world.is_handing_over());
}

}  // namespace

TEST_CASE("a pod that dies long after the promotion is waited for in peace") {
  World world = deployed(GENERATE(true, false));
  world.advance(std::chrono::hours(3));
  world.revision("v1").available_replicas = 9;
  const Plan made = world.reconcile();
  if (made.wake_after) CHECK(*made.wake_after >= std::chrono::seconds(1));
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
  CHECK(plan(world.snapshot).actions.empty());
}

TEST_CASE("the deadline starts anew where a person cuts a long analysis short") {
  World world(
      {.replicas = 10, .steps = {set_weight(10), analysis(), set_weight(50), pause_step()}});
  world.rollout().spec.progress_deadline_abort = true;
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.status().current_step_index == 1);
  world.advance(std::chrono::hours(1));
  SECTION("promote") {
    world.promote();
    world.reconcile();
    CHECK_FALSE(world.status().abort);
    world.settle();
    CHECK(world.canary_weight() == 50);
  }
  SECTION("promote --full") {
    world.promote_full();
    world.reconcile();
    CHECK_FALSE(world.status().abort);
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v2"));
  }
}

TEST_CASE("numbers that no schema stopped do no harm") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.canary().traffic_routing->max_traffic_weight = GENERATE(0, -5);
  world.rollout().spec.replicas = -1;
  world.snapshot.problems = {{"spec.replicas", "must not be negative"}};
  world.reconcile();
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(plan(world.snapshot).actions.empty());
}

TEST_CASE("a header route may be set before there are canary pods") {
  World world(
      {.replicas = 4,
       .steps = {crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}}, set_weight(50),
                 pause_step(), crds::SetHeaderRouteStep{"dark", {}}, pause_step()}});
  world.canary().traffic_routing->managed_routes = {"dark"};
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.canary_weight() == 50);
  CHECK(world.snapshot.routers.front().managed_routes.contains("dark"));
  world.promote();
  world.settle();
  CHECK(world.status().current_step_index == 4);
  CHECK(world.snapshot.routers.front().managed_routes.empty());
}

TEST_CASE("a header route is not done where somebody would look at it without canary pods") {
  World world({.replicas = 4,
               .steps = {crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}},
                         pause_step(), set_weight(50), pause_step()}});
  world.canary().traffic_routing->managed_routes = {"dark"};
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.status().current_step_index == 0);
  const Plan made = plan(world.snapshot);
  const auto& waits = made.status.waiting_for;
  const auto waiting = std::find_if(waits.begin(), waits.end(), [](const crds::Wait& wait) {
    return wait.reason == kWaitingForTraffic;
  });
  REQUIRE(waiting != waits.end());
  CHECK(waiting->message ==
        "header route dark leads to no pod: no step before the next pause or analysis gives the "
        "canary any");
}

TEST_CASE("a router that refuses holds up neither an abort nor the scaling") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.routers_refuse = true;
  SECTION("abort") {
    world.abort();
    world.reconcile();
    CHECK(world.traffic_of(world.hash("v2")) == 0);
  }
  SECTION("its object is gone") {
    world.snapshot.routers.front() = {
        .router = "gatewayAPI", .state = RouterState::Error, .message = "does not exist"};
    world.rollout().spec.replicas = 20;
    world.reconcile();
    CHECK(world.revision("v1").spec_replicas == 20);
    CHECK(world.revision("v2").spec_replicas == 2);
    world.routers_refuse = false;
    world.snapshot.routers.front() = {.router = "gatewayAPI", .state = RouterState::Verified};
    world.settle();
    CHECK(world.canary_weight() == 10);
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
  }
}

TEST_CASE("a first revision whose route is missing has its pods, and waits") {
  World world({.replicas = 3, .steps = {}});
  world.routers_refuse = true;
  world.snapshot.routers.front().state = RouterState::Error;
  for (int i = 0; i < 10; ++i) {
    world.reconcile();
    world.tick();
  }
  CHECK(world.revision("v1").available_replicas == 3);
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
  world.routers_refuse = false;
  world.snapshot.routers.front().state = RouterState::Verified;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("a canary that dies loses its weight although the spec is invalid") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.snapshot.problems = {{"spec.strategy.canary.analysis", "template is gone"}};
  world.reconcile();
  REQUIRE(world.canary_weight() == 10);
  world.revision("v2").available_replicas = 0;
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK_FALSE(world.status().abort);
  world.tick();
  CHECK(plan(world.snapshot).actions.empty());
  world.snapshot.problems.clear();
  world.settle();
  CHECK(world.canary_weight() == 10);
}

TEST_CASE("a return takes the traffic as fast as pods come that bear it") {
  World world = deployed();
  promote_to_v2(world);
  world.advance(std::chrono::minutes(1));
  world.settle();
  REQUIRE(world.revision("v1").spec_replicas == 0);
  world.rollout().spec.progress_deadline_abort = true;
  ask_to_return(world, "v1");
  world.reconcile();
  // The cluster is full: only six of the ten pods find a place.
  const auto only_six = [&world] {
    world.tick();
    ReplicaSet& v1 = world.revision("v1");
    v1.available_replicas = std::min(v1.spec_replicas, 6);
    world.reconcile();
  };
  for (int i = 0; i < 10; ++i) only_six();
  CHECK(world.canary_weight() == 60);
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v1"));
  world.advance(std::chrono::hours(1));
  only_six();
  only_six();
  CHECK_FALSE(world.status().abort);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.canary_weight() == 60);
  SECTION("unless somebody holds it") {
    world.rollout().spec.paused = true;
    for (int i = 0; i < 3; ++i) {
      world.tick();
      world.revision("v1").available_replicas = 8;
      world.reconcile();
    }
    CHECK(world.canary_weight() == 60);
    world.rollout().spec.paused = false;
  }
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
}

TEST_CASE("a basic canary whose status got lost is still a canary") {
  World world = deployed(false);
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 1);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.revision("v2").spec_replicas == 1);
}

TEST_CASE("after a promotion the weight goes back only once the gateways can have followed") {
  World world = deployed();
  walk_to_hand_over(world);
  const Plan held = world.reconcile();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.canary_weight() == 100);
  REQUIRE(held.wake_after);
  CHECK(*held.wake_after <= std::chrono::seconds(5));
  SECTION("and then it does") {
    world.advance(*held.wake_after);
    world.reconcile();
    CHECK(world.canary_weight() == 0);
  }
  SECTION("also where a new revision comes at once") {
    world.release("v3");
    world.reconcile();
    CHECK(world.canary_weight() == 100);
    world.settle();
    CHECK(world.canary_weight() == 10);
    CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v3"));
  }
  SECTION("but nobody waits who returns to the revision before") {
    ask_to_return(world, "v1");
    world.reconcile();
    CHECK(world.canary_weight() == 0);
    world.tick();
    world.reconcile();
    world.reconcile();
    CHECK(world.traffic_of(world.hash("v1")) == 100);
  }
}

TEST_CASE("a request to return that is out of date is taken away, whenever") {
  World world = deployed();
  promote_to_v2(world);
  world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] = world.hash("v1");
  world.reconcile();
  CHECK(world.rollout().meta.annotation(crds::kRollbackToAnnotation) == "");
}

TEST_CASE("an abort that comes with a release, before either was looked at") {
  World world = deployed(GENERATE(true, false));
  SECTION("is about that release where nothing else was under way") {
    world.release("v2");
    world.abort();
    world.settle();
    CHECK(world.status().abort);
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
    CHECK(world.canary_weight() == 0);
    CHECK(world.revision("v1").spec_replicas == 10);
    CHECK((world.find_image("v2") == nullptr || world.revision("v2").spec_replicas == 0));
    world.retry();
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.status().current_step_index == 1);
  }
  SECTION("is about the update before where there is one") {
    world.release("v2");
    world.settle();
    world.abort();
    world.release("v3");
    world.settle();
    CHECK_FALSE(world.status().abort);
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.status().current_step_index == 1);
  }
  SECTION("is told from one that was answered long ago") {
    world.release("v2");
    world.settle();
    world.abort();
    world.settle();
    REQUIRE(world.status().aborted_at);
    world.release("v3");
    world.settle();
    CHECK_FALSE(world.status().aborted_at);
    world.promote_full();
    world.settle();
    REQUIRE(world.status().stable_rs == world.hash("v3"));
    world.release("v4");
    world.abort();
    world.settle();
    CHECK(world.status().abort);
    CHECK(world.status().stable_rs == world.hash("v3"));
  }
}
