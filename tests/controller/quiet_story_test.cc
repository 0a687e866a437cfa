// How much work the controller makes of what happens.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// How often the controller has turned to a Rollout so far.
int64_t reconciles(ControllerWorld& world) {
  const std::string text = world.controller()->metrics_text();
  const std::string name = "sluice_reconcile_seconds_count ";
  const size_t at = text.find(name);
  REQUIRE(at != std::string::npos);
  return std::stoll(text.substr(at + name.size()));
}

Json weights_with_pauses() {
  return Json::array({weight_step(20), pause_step(), weight_step(40), pause_step(), weight_step(60),
                      pause_step()});
}

}  // namespace

TEST_CASE("what the controller writes itself does not wake it once more") {
  ControllerWorld world;
  world.deploy_shop(5, weights_with_pauses());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  world.tick(3);
  for (const int64_t weight : {40, 60}) {
    const int64_t before = reconciles(world);
    world.promote();
    REQUIRE(world.run_until([&] { return world.canary_weight() == weight; }));
    REQUIRE(world.run_until_phase("Paused"));
    world.tick(3);
    // For the person's write, the gateway's word, and twice the nodes': once each.
    CHECK(reconciles(world) - before == 4);
  }
}

TEST_CASE("a controller that starts asks for the kinds of routes once and finds everything right") {
  ControllerWorld world;
  world.deploy_shop(5, weights_with_pauses());
  world.tick(10);
  world.restart_controller();
  world.tick(10);
  CHECK(reconciles(world) == 1);
}
