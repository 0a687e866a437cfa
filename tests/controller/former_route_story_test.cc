// In mid-release the spec comes to name other Services or routers. What was routed before is known
// all the same, and is taken back; nothing of it is left behind.

#include "crds/rollout_codec.h"
#include "tests/controller/controller_world.h"
#include "verbs/restore.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

struct Edit {
  const char* name;
  const char* strategy;  ///< A merge patch of spec.strategy.
  bool can_be_planned;
  bool names_canary;  ///< shop-canary is in the spec all the same.
  bool fits = true;   ///< The cluster has the routes that it names.
};

constexpr Edit kEdits[] = {
    {"the canary Service is one that does not exist",
     R"({"canary": {"canaryService": "shop-typo"}})", false, false},
    {"the stable Service is one that does not exist",
     R"({"canary": {"stableService": "shop-typo"}})", false, true},
    {"the canary Service is another one", R"({"canary": {"canaryService": "shop-next"}})", true,
     false, false},
    {"the stable Service is another one", R"({"canary": {"stableService": "shop-next"}})", true,
     true, false},
    {"the route is another one",
     R"({"canary": {"trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI":
        {"httpRoute": "shop-next"}}}}})",
     true, true, false},
    {"the router is another one",
     R"({"canary": {"trafficRouting": {"plugins": null, "nginx": {"stableIngress": "web"}}}})",
     true, true},
    {"the router is unknown", R"({"canary": {"trafficRouting": {"plugins": null, "appMesh": {}}}})",
     false, true},
    {"nothing is routed", R"({"canary": {"trafficRouting": null, "scaleDownDelaySeconds": null,
                    "abortScaleDownDelaySeconds": null}})",
     true, true},
    {"nothing is routed, and no Service is named",
     R"({"canary": {"trafficRouting": null, "scaleDownDelaySeconds": null,
                    "abortScaleDownDelaySeconds": null,
                    "stableService": null, "canaryService": null}})",
     true, false},
    {"the strategy is another one",
     R"({"canary": null, "blueGreen": {"activeService": "shop-stable"}})", false, false}};

Json twenty_and_pause() {
  return Json::array({weight_step(20), pause_step()});
}

void at_twenty(ControllerWorld& world) {
  world.create(shop_service("shop-next"));
  world.create(shop_ingress());
  world.deploy_shop(5, twenty_and_pause());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(world.canary_weight() == 20);
}

void edit_strategy(ControllerWorld& world, const std::string& merge_patch) {
  world.patch("Rollout", "shop", {{"spec", {{"strategy", Json::parse(merge_patch)}}}});
}

/// No request reaches the revision by the route that was in force.
void expect_returned(ControllerWorld& world) {
  INFO(world.reasons());
  INFO(world.get("HTTPRoute", "shop").dump());
  CHECK(world.canary_weight() == 0);
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v1"));
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
}

/// What `rollback` would say now.
bool is_told_to_be_back(const ControllerWorld& world) {
  const crds::Rollout rollout = crds::decode_rollout(world.rollout()).value;
  return verbs::traffic_return(rollout, world.hash("shop:v1")) != verbs::TrafficReturn::Underway;
}

/// The share of the requests, in percent, that reach the revision by the shop's route.
int64_t requests_to(const ControllerWorld& world, const std::string& hash) {
  int64_t all = 0;
  int64_t reach = 0;
  const Json route = world.get("HTTPRoute", "shop");
  for (const Json& backend : route["spec"]["rules"][0]["backendRefs"]) {
    const int64_t weight = int_at(backend, "weight", 1);
    all += weight;
    if (world.selected_by(backend["name"]) == hash) reach += weight;
  }
  return all == 0 ? 0 : reach * 100 / all;
}

std::vector<std::string> routed_services(const ControllerWorld& world) {
  std::vector<std::string> names;
  for (const Json& routing : world.rollout()["status"].value("routings", Json::array()))
    names.push_back(routing["canaryService"]);
  return names;
}

}  // namespace

TEST_CASE("after an abort nothing is with the canary, whatever the spec routes by now") {
  for (const Edit& edit : kEdits) {
    INFO(edit.name);
    ControllerWorld world;
    at_twenty(world);
    edit_strategy(world, edit.strategy);
    if (GENERATE(false, true)) world.restart_controller();
    world.abort();
    world.tick(3);
    expect_returned(world);
    world.tick(60);
    expect_returned(world);
    if (edit.can_be_planned) CHECK(world.pods("shop:v2") == 0);
  }
}

TEST_CASE("a route that is not the Rollout's any more is taken back without an abort") {
  for (const Edit& edit : kEdits) {
    if (!edit.can_be_planned) continue;
    INFO(edit.name);
    ControllerWorld world;
    at_twenty(world);
    edit_strategy(world, edit.strategy);
    world.tick(2);
    INFO(world.reasons());
    CHECK(world.canary_weight() == 0);
  }
}

TEST_CASE("a spec that cannot be planned leaves the split until it is decided on") {
  ControllerWorld world;
  at_twenty(world);
  edit_strategy(world, kEdits[0].strategy);
  world.tick(60);
  CHECK(world.canary_weight() == 20);
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v2"));
  edit_strategy(world, R"({"canary": {"canaryService": "shop-canary"}})");
  world.tick(2);
  CHECK(world.canary_weight() == 20);
  world.promote();
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a bad verdict takes the traffic back from Services that the spec names no longer") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  world.release("shop:v2");
  const auto is_judged = [&] {
    return world.canary_weight() == 30 && world.list("AnalysisRun").size() == 2;
  };
  REQUIRE(world.run_until(is_judged));
  edit_strategy(world, kEdits[0].strategy);
  world.success_rate = [](const std::string&) { return 0.1; };
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 60));
  world.tick(2);
  expect_returned(world);
}

TEST_CASE("former Services are given back once all pods are of one revision") {
  for (const Edit& edit : kEdits) {
    if (!edit.can_be_planned || edit.names_canary) continue;
    INFO(edit.name);
    ControllerWorld world;
    at_twenty(world);
    edit_strategy(world, edit.strategy);
    world.abort();
    world.tick(3);
    expect_returned(world);
    world.release("shop:v1");
    world.tick(60);
    INFO(world.rollout().dump());
    CHECK(world.selected_by("shop-canary").empty());
    for (const std::string& name : routed_services(world)) CHECK(name != "shop-canary");
  }
}

TEST_CASE("the Ingress of a canary goes with the router that made it") {
  ControllerWorld world;
  at_twenty(world);
  edit_strategy(world, R"({"canary": {"trafficRouting":
      {"plugins": null, "nginx": {"stableIngress": "web"}}}})");
  world.tick(5);
  REQUIRE_FALSE(world.get("Ingress", "shop-web-canary").is_null());
  edit_strategy(world, R"({"canary": {"trafficRouting": {"nginx": null,
      "plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop"}}}}})");
  CHECK(world.run_until([&] { return world.canary_weight() == 20; }, 30));
  CHECK(world.get("Ingress", "shop-web-canary").is_null());
  world.tick(5);
  CHECK(routed_services(world).size() == 1);
}

TEST_CASE("what a former route still sends to the canary Service stays with its revision") {
  ControllerWorld world;
  Json next = shop_route();
  next["metadata"]["name"] = "shop-next";
  world.create(next);
  world.apply_shop(4, Json::array({weight_step(50), pause_step()}));
  edit_strategy(world,
                R"({"canary": {"dynamicStableScale": true, "scaleDownDelaySeconds": null}})");
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.pods("shop:v1") == 2; }));
  // So few pods cannot take all traffic back.
  world.kubelet->available_max["shop:v1"] = 2;
  world.tick(2);
  world.patch("Rollout", "shop", Json::parse(R"({"spec": {
      "strategy": {"canary": {"trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI":
          {"httpRoute": "shop-next"}}}}},
      "template": {"spec": {"containers": [{"name": "shop", "image": "shop:v3"}]}}}})"));
  world.tick(30);
  INFO(world.reasons());
  CHECK(world.canary_weight() == 50);
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v2"));
  CHECK(world.pods("shop:v2") == 2);
  world.kubelet->available_max.clear();
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }));
  CHECK(world.run_until([&] { return world.pods("shop:v2") == 0; }));
}

TEST_CASE("nobody is told that traffic is back while a former route may lead to the canary") {
  for (const Edit& edit : kEdits) {
    INFO(edit.name);
    ControllerWorld world;
    at_twenty(world);
    world.gateway->stuck = true;
    edit_strategy(world, edit.strategy);
    world.abort();
    world.tick(5);
    INFO(world.rollout()["status"].dump());
    CHECK(world.canary_weight() == 0);
    CHECK_FALSE(is_told_to_be_back(world));
    world.gateway->stuck = false;
    CHECK(world.run_until([&] { return is_told_to_be_back(world); }, 60) == edit.fits);
  }
}

TEST_CASE("nobody is told that traffic is back while a route refuses to be written") {
  for (const Edit& edit : kEdits) {
    INFO(edit.name);
    ControllerWorld world;
    at_twenty(world);
    world.store->refuse([](std::string_view verb, const kube::Resource& resource,
                           const std::string& name) -> std::optional<Error> {
      if (verb != "patch" || resource.plural != "httproutes" || name != "shop") return std::nullopt;
      return forbidden("may not be written");
    });
    edit_strategy(world, edit.strategy);
    world.abort();
    for (int second = 0; second < 30; ++second) {
      world.tick();
      INFO(world.rollout()["status"].dump());
      if (requests_to(world, world.hash("shop:v2")) > 0) CHECK_FALSE(is_told_to_be_back(world));
    }
  }
}

TEST_CASE("a backend that a person drops from the route leaves no request with what is aborted") {
  for (const std::string dropped : {"shop-canary", "shop-stable"}) {
    INFO(dropped);
    ControllerWorld world;
    at_twenty(world);
    Json rules = world.get("HTTPRoute", "shop")["spec"]["rules"];
    Json kept = Json::array();
    for (const Json& backend : rules[0]["backendRefs"])
      if (backend["name"] != dropped) kept.push_back(backend);
    rules[0]["backendRefs"] = kept;
    world.patch("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
    world.tick(5);
    world.abort();
    world.tick(10);
    INFO(world.get("HTTPRoute", "shop").dump());
    INFO(world.reasons());
    CHECK(requests_to(world, world.hash("shop:v2")) == 0);
  }
}
