// The whole controller with the router of ingress-nginx: what its Ingresses ask for in the course
// of a release.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

constexpr const char* kWeight = "nginx.ingress.kubernetes.io/canary-weight";

struct NginxWorld : ControllerWorld {
  explicit NginxWorld(const Json& steps) {
    Json rollout = shop_rollout(2, steps);
    rollout["spec"]["strategy"]["canary"]["trafficRouting"] = {
        {"nginx", {{"stableIngress", "web"}}}};
    create(shop_service("shop-stable"));
    create(shop_service("shop-canary"));
    create(rollout);
    start_controller();
  }

  std::string weight() const {
    const Json ingress = get("Ingress", "shop-web-canary");
    return ingress.is_null() ? "" : ingress["metadata"]["annotations"].value(kWeight, "");
  }
};

Json half_and_pause() {
  return Json::array({weight_step(50), pause_step()});
}

}  // namespace

TEST_CASE("a canary walks its weights through an Ingress and is promoted") {
  NginxWorld world(half_and_pause());
  world.create(shop_ingress());
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.weight() == "0");
  world.release("shop:v2");
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.weight() == "50");
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.run_until([&] { return world.weight() == "0"; }, 30));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
}

TEST_CASE("an abort takes the traffic back through the Ingress") {
  NginxWorld world(half_and_pause());
  world.create(shop_ingress());
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  const bool ingress_is_gone = GENERATE(false, true);
  if (ingress_is_gone) world.remove("Ingress", "web");
  world.abort();
  world.tick(2);
  CHECK(world.weight() == "0");
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
}

TEST_CASE("the weight that somebody changes in the canary Ingress comes back") {
  NginxWorld world(half_and_pause());
  world.create(shop_ingress());
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  world.patch("Ingress", "shop-web-canary", {{"metadata", {{"annotations", {{kWeight, "90"}}}}}});
  world.tick(2);
  CHECK(world.weight() == "50");
  world.remove("Ingress", "shop-web-canary");
  world.tick(2);
  CHECK(world.weight() == "50");
}

TEST_CASE("a stable Ingress that is missing is named, and taken up when it comes") {
  NginxWorld world(half_and_pause());
  world.tick(20);
  CHECK(world.reasons().find("Ingress default/web: does not exist") != std::string::npos);
  world.create(shop_ingress());
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.weight() == "0");
}
