// What a release costs the API server, and what of its status may wait a moment.

#include "tests/controller/release_bills.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// 20, pause, 50, pause, 100.
Json without_routing(Json rollout) {
  for (const char* field : {"trafficRouting", "stableService", "canaryService",
                            "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"})
    rollout["spec"]["strategy"]["canary"].erase(field);
  return rollout;
}

}  // namespace

// The status: when the update begins, at each pause, with the promotion and with its end.
TEST_CASE("a routed canary of five weights is paid write by write") {
  const Bill bill = bill_of_routed_canary();
  INFO(itemised(bill));
  CHECK(by_kind(bill) == "Ingress 6, ReplicaSet 8, Rollout 1, Rollout status 8, Service 2");
  CHECK(repeated(bill) == "");
}

TEST_CASE("a blue-green update is paid write by write") {
  const Bill bill = bill_of_blue_green();
  INFO(itemised(bill));
  CHECK(by_kind(bill) == "ReplicaSet 4, Rollout 1, Rollout status 4, Service 2");
  CHECK(repeated(bill) == "");
}

TEST_CASE("a canary without routing is paid write by write") {
  const Bill bill = bill_of_plain_canary();
  INFO(itemised(bill));
  CHECK(by_kind(bill) == "ReplicaSet 3, Rollout 1, Rollout status 5");
  CHECK(repeated(bill) == "");
}

namespace {

/// The shop at the pause after weight 20, which ends by itself; v2 gets no second pod.
void pause_at_20(ControllerWorld& world) {
  world.deploy_shop(10,
                    Json::array({weight_step(20), pause_step(3), weight_step(50), pause_step()}));
  world.kubelet->available_max["shop:v2"] = 2;
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(world.run_until([&] { return world.pods("shop:v2") == 5; }, 10));
}

}  // namespace

TEST_CASE("an update that goes on after a pause is told of within a second, pods or not") {
  ControllerWorld world;
  pause_at_20(world);
  CHECK(world.phase() == "Paused");
  world.tick();
  CHECK(world.phase() == "Progressing");
  CHECK(int_at(world.rollout(), "status.currentStepIndex") == 2);
  CHECK(world.message() == "2 of 5 pods of revision 2 are available");
}

TEST_CASE("what a person does in between is not overlooked") {
  ControllerWorld world;
  pause_at_20(world);
  REQUIRE(world.phase() == "Paused");
  SECTION("an abort") {
    world.abort();
    CHECK(world.phase() == "Degraded");
    CHECK(world.canary_weight() == 0);
  }
  SECTION("a promotion is of the pause that was seen, and of no other one") {
    world.promote();
    world.tick();
    CHECK(int_at(world.rollout(), "status.currentStepIndex") == 2);
  }
  SECTION("another revision") {
    world.release("shop:v3");
    world.tick(2);
    CHECK(string_at(world.rollout(), "status.currentPodHash") == world.hash("shop:v3"));
    CHECK(world.pods("shop:v2") == 5);
    CHECK(world.run_until([&] { return world.pods("shop:v2") == 0; }, 40));
  }
  SECTION("the process ends") {
    world.restart_controller();
    world.tick(2);
    CHECK(int_at(world.rollout(), "status.currentStepIndex") == 2);
    CHECK(world.pods("shop:v2") == 5);
  }
}

TEST_CASE("a template is tried only where a ReplicaSet is not known to be as it was written") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array({weight_step(50), pause_step()}));
  const bool is_known = GENERATE(true, false);
  const Json known = is_known ? Json("true") : Json();
  const std::string name = string_at(world.revision("shop:v1"), "metadata.name");
  world.patch("ReplicaSet", name,
              {{"metadata", {{"annotations", {{"sluice.dev/made-as-written", known}}}}}});
  int trials = 0;
  world.store->let_witness([&](const FaultyStore::Write& write) { trials += write.verb == "try"; });
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(trials == (is_known ? 0 : 1));
  world.store->let_witness({});
}

TEST_CASE("a release makes an event of each thing that somebody wants to be told") {
  ControllerWorld world;
  world.create(success_rate_template());
  world.create(without_routing(shop_rollout(
      1, Json::array({weight_step(20), pause_step(1), weight_step(50), pause_step(1)}))));
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
  world.events.written.clear();
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(60);
  CHECK(world.events.written == std::vector<std::string>{"RolloutUpdated", "RolloutPaused",
                                                         "RolloutPaused", "RolloutCompleted"});
  CHECK(world.events.was_told("RolloutStepCompleted"));
}
