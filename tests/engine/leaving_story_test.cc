// How long the pods of a revision are kept that users have left.

#include "crds/names.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// v2 has the users, and the analysis after its switch has yet to tell.
World switched_to_v2() {
  crds::BlueGreenStrategy strategy;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.release("v2");
  world.settle();
  REQUIRE(active(world) == world.hash("v2"));
  return world;
}

/// The pods of v2 are there for the delay, and no longer.
void expect_kept_for_a_while(World& world) {
  REQUIRE(active(world) != world.hash("v2"));
  for (int second = 0; second < 25; ++second) {
    world.reconcile();
    world.tick();
    CHECK(world.revision("v2").spec_replicas == 3);
  }
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

}  // namespace

TEST_CASE("pods are kept from when the users have left, not from when they were to leave") {
  World world = switched_to_v2();
  world.broken_images = {"v1", "v3"};
  world.tick();
  world.release("v3");
  world.settle();
  world.advance(std::chrono::hours(1));
  world.settle();
  REQUIRE(active(world) == world.hash("v2"));
  world.broken_images = {"v3"};
  world.settle();
  CHECK(active(world) == world.hash("v1"));
  CHECK(world.revision("v2").spec_replicas == 3);
  world.advance(std::chrono::seconds(30));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("a hold while users leave a revision takes nothing of the time that its pods are kept") {
  World world = switched_to_v2();
  world.rollout().spec.paused = true;
  world.release("v3");
  world.settle();
  REQUIRE(active(world) == world.hash("v1"));
  world.abort();
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 3);
  world.advance(std::chrono::seconds(30));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("a revision that had the users keeps its pods for a while when they leave it") {
  World world = switched_to_v2();
  world.release("v3");
  for (int second = 0; second < 20; ++second) {
    world.reconcile();
    world.tick();
    CHECK(world.revision("v2").spec_replicas == 3);
  }
  CHECK(active(world) == world.hash("v3"));
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("an abort under a spec that is refused is remembered when another revision comes") {
  World world = switched_to_v2();
  world.snapshot.problems = {{"spec.template", "is broken"}};
  world.abort();
  world.reconcile();
  world.tick();
  world.reconcile();
  REQUIRE(active(world) == world.hash("v1"));
  CHECK(world.revision("v2").spec_replicas == 3);
  world.snapshot.problems.clear();
  world.release("v3");
  expect_kept_for_a_while(world);
}

TEST_CASE("a revision that lost its users with its last pod is kept when it is replaced") {
  const int64_t abort_delay = GENERATE(30, 0);
  World world = switched_to_v2();
  world.blue_green().abort_scale_down_delay_seconds = abort_delay;
  world.blue_green().auto_promotion_enabled = false;
  world.broken_images = {"v2"};
  world.settle();
  REQUIRE(active(world) == world.hash("v1"));
  world.release("v3");
  expect_kept_for_a_while(world);
}

TEST_CASE("who is released again and replaced at once is kept as long as without that") {
  World world = switched_to_v2();
  world.release("v1");
  world.settle();
  REQUIRE(active(world) == world.hash("v1"));
  world.rollout().spec.paused = true;
  world.release("v2");
  world.reconcile();
  world.rollout().spec.paused = false;
  world.blue_green().auto_promotion_enabled = false;
  world.release("v3");
  expect_kept_for_a_while(world);
}

TEST_CASE("whoever takes the users from a revision and dies leaves its pods there") {
  for (size_t writes = 1; writes < 4; ++writes) {
    INFO("killed after " << writes << " writes");
    World world = switched_to_v2();
    world.blue_green().auto_promotion_enabled = false;
    world.release("v3");
    world.writes = 0;
    world.dies_at_write = writes;
    world.reconcile();
    expect_kept_for_a_while(world);
  }
}

TEST_CASE("who was the canary keeps its pods as long as the canary Service leads to them") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.broken_images = {"v3"};
  world.release("v3");
  world.settle();
  CHECK(world.canary_weight() == 0);
  REQUIRE(world.snapshot.services["shop-canary"].selector_hash == world.hash("v2"));
  world.advance(std::chrono::minutes(5));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 1);
  world.broken_images.clear();
  world.settle();
  REQUIRE(world.snapshot.services["shop-canary"].selector_hash == world.hash("v3"));
  CHECK(world.revision("v2").spec_replicas == 1);
  world.advance(std::chrono::seconds(31));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("a canary Service that a former route still leads to stays, with its pods") {
  World world = deployed();
  world.release("v2");
  world.settle();
  crds::Routing former = world.status().routings.front();
  SECTION("where the route has moved") {
    former.traffic.max_traffic_weight = 1000;
  }
  SECTION("where the pods of what stays are short of room") {
    former.traffic.max_traffic_weight = 1000;
    world.canary().dynamic_stable_scale = true;
    world.canary().max_surge = crds::IntOrPercent{1, false};
  }
  SECTION("where there is no routing any more") {
    world.canary().traffic_routing.reset();
    world.snapshot.routers.clear();
    world.judges = false;
  }
  world.rollout().status.routings.push_back(former);
  world.snapshot.former_routers = {{.state = RouterState::Pending,
                                    .former_weight = 20,
                                    .in_place = [](const crds::Routes&) { return true; }}};
  world.release("v3");
  for (int minute = 0; minute < 5; ++minute) {
    world.settle();
    world.advance(std::chrono::minutes(1));
    REQUIRE(world.status().routings.back() == former);
    CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v2"));
    CHECK(world.serving_behind("shop-canary") > 0);
  }
  world.snapshot.former_routers.clear();
  world.settle();
  CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v3"));
}
