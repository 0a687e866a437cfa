// What cannot work is said with its path, and mends itself when the cause is mended.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

constexpr int kSoon = 5;  // seconds

void expect_invalid(ControllerWorld& world, const std::string& part) {
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Degraded", kSoon));
  CHECK(world.message().starts_with("InvalidSpec: "));
  CHECK(world.message().find(part) != std::string::npos);
}

/// The watch tells of the cure: nobody waits for the next look.
void expect_mended_at_once(ControllerWorld& world) {
  world.clock.settle();
  CHECK(world.message().find("InvalidSpec") == std::string::npos);
}

void set_metric(ControllerWorld& world, const Json& merge_patch) {
  Json metrics = world.get("AnalysisTemplate", "success-rate")["spec"]["metrics"];
  metrics[0].merge_patch(merge_patch);
  world.patch("AnalysisTemplate", "success-rate", {{"spec", {{"metrics", metrics}}}});
}

void set_condition(ControllerWorld& world, const std::string& condition) {
  set_metric(world, {{"successCondition", condition}});
}

}  // namespace

TEST_CASE("a missing Service is named, and found once it is there") {
  ControllerWorld world;
  world.apply_shop(3, judged_steps());
  world.remove("Service", "shop-canary");
  world.start_controller();
  expect_invalid(world, "shop-canary");
  CHECK(world.list("ReplicaSet").empty());
  world.create(shop_service("shop-canary"));
  expect_mended_at_once(world);
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a missing template is named, and found once it is there") {
  ControllerWorld world;
  world.apply_shop(3, judged_steps());
  world.remove("AnalysisTemplate", "success-rate");
  world.start_controller();
  expect_invalid(world, "success-rate");
  world.create(success_rate_template());
  expect_mended_at_once(world);
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a condition that cannot be read stops the release before it begins") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  set_condition(world, "result[0] >= ");
  world.release("shop:v2");
  expect_invalid(world, "successCondition");
  CHECK(world.revision("shop:v2").is_null());
  CHECK(world.canary_weight() == 0);
  set_condition(world, "result[0] >= 0.9");
  expect_mended_at_once(world);
  CHECK(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
}

TEST_CASE("a step whose metric never ends stops the release before it begins") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  set_metric(world, {{"count", GENERATE(Json(), Json(0))}});
  world.release("shop:v2");
  expect_invalid(world, "AnalysisTemplate \"success-rate\": spec.metrics[0].count: Required value");
  CHECK(world.revision("shop:v2").is_null());
  CHECK(world.canary_weight() == 0);
  set_metric(world, {{"count", 2}});
  expect_mended_at_once(world);
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a spec that becomes invalid in mid-rollout holds its weight and can still be aborted") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() == 30; }));
  world.remove("AnalysisTemplate", "success-rate");
  expect_invalid(world, "success-rate");
  CHECK(world.canary_weight() == 30);
  world.abort();
  world.tick();
  CHECK(world.canary_weight() == 0);
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
}

TEST_CASE("a pod template that the server refuses is told in its words, and nothing is claimed") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  const Json good = world.rollout()["spec"]["template"]["spec"]["containers"];
  const auto release = [&world](const Json& containers) {
    world.events.codes.clear();
    world.patch("Rollout", "shop",
                {{"spec", {{"template", {{"spec", {{"containers", containers}}}}}}}});
    world.clock.settle();
  };
  Json without_image = good;
  without_image[0].erase("image");
  Json misspelt = good;
  misspelt[0]["imagee"] = "shop:v2";
  for (const auto& [containers, said] :
       {std::pair{without_image, "spec.template.spec.containers[0].image: Required value"},
        std::pair{misspelt, "unknown field \"spec.template.spec.containers[0].imagee\""}}) {
    release(containers);
    CHECK(world.message().starts_with("InvalidSpec: "));
    CHECK(world.message().find(said) != std::string::npos);
    CHECK(world.list("ReplicaSet").size() == 1);
    CHECK(world.events.codes == std::vector<std::string>{"InvalidSpec"});
    CHECK(world.pods("shop:v1") == 3);
  }
  world.tick(60);
  CHECK(world.events.codes == std::vector<std::string>{"InvalidSpec"});
  release(good);
  CHECK(world.phase() == "Healthy");
}

TEST_CASE("a missing route is told, keeps no pods away, and is found once it is there") {
  ControllerWorld world;
  world.apply_shop(3, judged_steps());
  world.remove("HTTPRoute", "shop");
  world.start_controller();
  world.tick(30);
  CHECK(world.phase() == "Progressing");
  CHECK(world.pods("shop:v1") == 3);
  CHECK(world.reasons().find("HTTPRoute default/shop does not exist") != std::string::npos);
  world.create(shop_route());
  CHECK(world.run_until_phase("Healthy"));
}
