// Blue-green through the whole controller: the users change sides at once, and back.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

Json analysis_of_latest() {
  return analysis_step()["analysis"];
}

/// `more` is merged into spec.strategy.blueGreen.
Json blue_green(const Json& more) {
  Json strategy = {{"activeService", "shop-active"},
                   {"previewService", "shop-preview"},
                   {"scaleDownDelaySeconds", 5},
                   {"abortScaleDownDelaySeconds", 5}};
  strategy.merge_patch(more);
  return {{"canary", nullptr}, {"blueGreen", strategy}};
}

void deploy(ControllerWorld& world, const Json& more) {
  for (const char* name : {"shop-active", "shop-preview"}) world.create(shop_service(name));
  world.create(success_rate_template());
  Json rollout = shop_rollout(3, Json::array());
  rollout["spec"]["strategy"].merge_patch(blue_green(more));
  world.create(rollout);
  world.start_controller();
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
}

}  // namespace

TEST_CASE("a revision that both analyses find good becomes the stable one") {
  ControllerWorld world;
  deploy(world, {{"prePromotionAnalysis", analysis_of_latest()},
                 {"postPromotionAnalysis", analysis_of_latest()},
                 {"previewReplicaCount", 1}});
  CHECK(world.selected_by("shop-active") == world.hash("shop:v1"));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.list("AnalysisRun").size() == 1; }));
  CHECK(world.selected_by("shop-preview") == world.hash("shop:v2"));
  CHECK(world.selected_by("shop-active") == world.hash("shop:v1"));
  CHECK(world.pods("shop:v2") == 1);
  REQUIRE(world.run_until([&] { return world.list("AnalysisRun").size() == 2; }));
  CHECK(world.selected_by("shop-active") == world.hash("shop:v2"));
  CHECK(world.pods("shop:v2") == 3);
  CHECK(world.pods("shop:v1") == 3);
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
  CHECK(world.pods("shop:v1") == 0);
  CHECK(string_at(world.rollout(), "status.stableRS") == world.hash("shop:v2"));
  CHECK(string_at(world.rollout(), "status.blueGreen.activeSelector") == world.hash("shop:v2"));
  CHECK(world.events.was_told("SwitchService"));
}

TEST_CASE("no time passes between a bad verdict after the switch and the users' return") {
  ControllerWorld world;
  deploy(world, {{"postPromotionAnalysis", analysis_of_latest()}});
  world.success_rate = [&world](const std::string& hash) -> Result<double> {
    return hash == world.hash("shop:v2") ? 0.5 : 1.0;
  };
  world.release("shop:v2");
  const auto judged = [&world] {
    for (const Json& run : world.list("AnalysisRun"))
      if (string_at(run, "status.phase") == "Failed") return true;
    return false;
  };
  // One look a second: where the verdict is seen, the users must be back already.
  REQUIRE(world.run_until(judged));
  CHECK(world.selected_by("shop-active") == world.hash("shop:v1"));
  REQUIRE(world.run_until_phase("Degraded"));
  CHECK(world.message().find("Post-promotion analysis") != std::string::npos);
  CHECK(world.message().find("Metric \"success-rate\"") != std::string::npos);
}

TEST_CASE("whoever promotes at the pause switches the users, after a restart as well") {
  ControllerWorld world;
  deploy(world, {{"autoPromotionEnabled", false}});
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.message() == "BlueGreenPause: until somebody promotes");
  world.restart_controller();
  world.tick(5);
  CHECK(world.phase() == "Paused");
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-active") == world.hash("shop:v2"));
}

TEST_CASE("a canary under way becomes blue-green, and nothing of its split is left behind") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array({weight_step(34), pause_step()}));
  for (const char* name : {"shop-active", "shop-preview"}) world.create(shop_service(name));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() == 34; }));
  world.patch("Rollout", "shop", {{"spec", {{"strategy", blue_green(Json::object())}}}});
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.canary_weight() == 0);
  CHECK(world.selected_by("shop-active") == world.hash("shop:v2"));
  world.tick(20);
  CHECK(world.selected_by("shop-stable") == "");
  CHECK(world.selected_by("shop-canary") == "");
}

TEST_CASE(
    "a blue-green Rollout becomes a canary, and no Service stays with a revision that is gone") {
  ControllerWorld world;
  deploy(world, Json::object());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Healthy"));
  world.patch("Rollout", "shop",
              {{"spec", {{"strategy", {{"blueGreen", nullptr}, {"canary", Json::object()}}}}}});
  world.release("shop:v3");
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
  REQUIRE(world.run_until([&] { return world.selected_by("shop-active").empty(); }));
  CHECK(world.selected_by("shop-preview").empty());
  CHECK(world.pods("shop:v3") == 3);
}

TEST_CASE("a blue-green Rollout without its Service is held, and says which") {
  ControllerWorld world;
  deploy(world, {{"autoPromotionEnabled", false}});
  world.remove("Service", "shop-preview");
  REQUIRE(world.run_until_phase("Degraded"));
  CHECK(world.message().find("spec.strategy.blueGreen.previewService") != std::string::npos);
  world.create(shop_service("shop-preview"));
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-preview") == world.hash("shop:v1"));
}

TEST_CASE("whoever deletes the ReplicaSet that users have leaves them with the preview's pods") {
  ControllerWorld world;
  deploy(world, {{"autoPromotionEnabled", false}, {"previewReplicaCount", 1}});
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  world.remove("ReplicaSet", "shop-" + world.hash("shop:v1"));
  world.clock.settle();
  CHECK(world.selected_by("shop-active") == world.hash("shop:v2"));
  world.tick(5);
  CHECK(world.phase() == "Paused");
  CHECK(world.pods("shop:v2") == 3);
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
}
