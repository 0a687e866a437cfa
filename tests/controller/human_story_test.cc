// What people do through the API, and the controller with it.

#include "crds/names.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

Json manual_steps() {
  return Json::array({weight_step(20), pause_step(), weight_step(60), pause_step()});
}

void deploy_and_release(ControllerWorld& world) {
  world.deploy_shop(5, manual_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(world.canary_weight() == 20);
}

}  // namespace

TEST_CASE("each pause waits for a person") {
  ControllerWorld world;
  deploy_and_release(world);
  world.tick(60);
  CHECK(world.phase() == "Paused");
  CHECK(world.message() == "CanaryPauseStep: until somebody promotes");
  world.promote();
  REQUIRE(world.run_until([&] { return world.canary_weight() == 60; }));
  REQUIRE(world.run_until_phase("Paused"));
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
}

TEST_CASE("a header route that is in place is nothing to plan about again and again") {
  ControllerWorld world;
  world.deploy_shop(5, manual_steps());
  const Json match = {{"headerName", "x-canary"}, {"headerValue", {{"exact", "1"}}}};
  const Json route = {{"setHeaderRoute", {{"name", "dark"}, {"match", Json::array({match})}}}};
  const Json steps = Json::array({weight_step(20), route, pause_step()});
  const Json managed = Json::array({{{"name", "dark"}}});
  world.patch(
      "Rollout", "shop",
      {{"spec",
        {{"strategy",
          {{"canary", {{"steps", steps}, {"trafficRouting", {{"managedRoutes", managed}}}}}}}}}});
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.get("HTTPRoute", "shop")["spec"]["rules"].size() == 2);
  const size_t before = world.store->writes();
  world.tick(60);
  CHECK(world.store->writes() == before);
  const std::string metrics = world.controller()->metrics_text();
  CHECK(metrics.find("rollout_reconcile_error{") == std::string::npos);
}

TEST_CASE("requests are mirrored from one step to another, and by nobody after an abort") {
  ControllerWorld world;
  world.deploy_shop(5, manual_steps());
  const Json get = {{"method", {{"exact", "GET"}}}};
  const Json mirror = {
      {"setMirrorRoute", {{"name", "copies"}, {"percentage", 20}, {"match", Json::array({get})}}}};
  const Json stop = {{"setMirrorRoute", {{"name", "copies"}}}};
  const Json scale = {{"setCanaryScale", {{"replicas", 1}}}};
  const Json steps = Json::array({scale, mirror, pause_step(), stop, pause_step()});
  const Json managed = Json::array({{{"name", "copies"}}});
  world.patch(
      "Rollout", "shop",
      {{"spec",
        {{"strategy",
          {{"canary", {{"steps", steps}, {"trafficRouting", {{"managedRoutes", managed}}}}}}}}}});
  const auto rules = [&] { return world.get("HTTPRoute", "shop")["spec"]["rules"]; };
  const auto is_mirrored = [&] { return rules().size() == 2; };
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(is_mirrored());
  CHECK(rules()[0]["name"] == "copies");
  CHECK(rules()[0]["filters"][0]["requestMirror"]["percent"] == 20);
  CHECK(rules()[0]["backendRefs"][0] == rules()[1]["backendRefs"][0]);
  CHECK(world.canary_weight() == 0);
  const size_t before = world.store->writes();
  world.tick(60);
  CHECK(world.store->writes() == before);

  SECTION("nor once the Rollout is deleted") {
    world.remove("Rollout", "shop");
    world.tick(2);
    CHECK_FALSE(is_mirrored());
    CHECK(rules()[0]["backendRefs"][1]["weight"] == 0);
    return;
  }
  world.abort();
  CHECK_FALSE(is_mirrored());
  world.retry();
  REQUIRE(world.run_until(is_mirrored));
  REQUIRE(world.run_until_phase("Paused"));
  world.promote();
  REQUIRE(world.run_until([&] { return !is_mirrored(); }));
  REQUIRE(world.run_until_phase("Paused"));
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK_FALSE(is_mirrored());
}

TEST_CASE("promoting in full skips what is left") {
  ControllerWorld world;
  deploy_and_release(world);
  world.patch_status({{"promoteFull", true}});
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  CHECK_FALSE(bool_at(world.rollout(), "status.promoteFull"));
}

TEST_CASE("an abort takes effect without time passing, and says the reason") {
  ControllerWorld world;
  deploy_and_release(world);
  const std::string key(crds::kAbortReasonAnnotation);
  world.patch("Rollout", "shop", {{"metadata", {{"annotations", {{key, "looks odd"}}}}}});
  world.abort();
  CHECK(world.canary_weight() == 0);
  REQUIRE(world.run_until_phase("Degraded"));
  CHECK(world.message() == "RolloutAborted: Rollout aborted update to revision 2: looks odd");
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
  world.tick(10);
  CHECK(world.pods("shop:v2") == 0);
}

TEST_CASE("what a person writes while the controller writes is not undone") {
  ControllerWorld world;
  deploy_and_release(world);
  bool skipped = false;
  world.store->let_precede(
      [&](std::string_view, const kube::Resource& resource, const std::string&) {
        if (skipped || resource.gvk.kind != crds::kRollout) return;
        skipped = true;
        world.patch_status({{"currentStepIndex", 4}});
      });
  world.promote();
  CHECK(skipped);
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 10));
  CHECK(world.weights == std::vector<int64_t>{0, 20, 100, 0});
}

TEST_CASE("an abort that comes just before the promotion is written is heeded") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(100)}));
  const std::string stable = world.hash("shop:v1");
  world.release("shop:v2");
  bool aborted = false;
  world.store->let_precede(
      [&](std::string_view, const kube::Resource& resource, const std::string& name) {
        if (aborted || resource.gvk.kind != "Service" || name != "shop-stable") return;
        aborted = true;
        world.abort();
      });
  REQUIRE(world.run_until([&] { return aborted; }));
  REQUIRE(world.run_until_phase("Degraded"));
  CHECK(string_at(world.rollout(), "status.stableRS") == stable);
  CHECK(world.run_until([&] { return world.selected_by("shop-stable") == stable; }, 10));
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 10));
}

TEST_CASE("a retry walks the steps from the first one again") {
  ControllerWorld world;
  deploy_and_release(world);
  world.abort();
  REQUIRE(world.run_until_phase("Degraded"));
  world.tick(10);
  world.retry();
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.canary_weight() == 20);
  CHECK(world.weights == std::vector<int64_t>{0, 20, 0, 20});
}

TEST_CASE("a return to the promoted revision before takes no steps") {
  ControllerWorld world;
  deploy_and_release(world);
  world.patch_status({{"promoteFull", true}});
  REQUIRE(world.run_until_phase("Healthy"));
  REQUIRE(world.run_until([&] { return world.canary_weight() == 0; }, 10));
  const std::string previous = world.hash("shop:v1");
  world.weights = {0};
  const std::string key(crds::kRollbackToAnnotation);
  const Json containers = Json::array({{{"name", "shop"}, {"image", "shop:v1"}}});
  world.patch("Rollout", "shop",
              {{"metadata", {{"annotations", {{key, previous}}}}},
               {"spec", {{"template", {{"spec", {{"containers", containers}}}}}}}});
  REQUIRE(world.run_until_phase("Healthy", 20));
  world.tick(10);
  CHECK(world.selected_by("shop-stable") == previous);
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 10));
  CHECK(world.weights == std::vector<int64_t>{0, 100, 0});
  CHECK(world.rollout()["metadata"]["annotations"].at(key) == previous);
}

TEST_CASE("pausing the spec holds the steps, and releasing it goes on") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(20), pause_step(5), weight_step(60)}));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() == 20; }));
  world.patch("Rollout", "shop", {{"spec", {{"paused", true}}}});
  world.tick(60);
  CHECK(world.canary_weight() == 20);
  CHECK(world.phase() == "Paused");
  world.patch("Rollout", "shop", {{"spec", {{"paused", false}}}});
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a change of size is followed in the middle of an update") {
  ControllerWorld world;
  deploy_and_release(world);
  world.patch("Rollout", "shop", {{"spec", {{"replicas", 10}}}});
  REQUIRE(world.run_until([&] { return world.pods("shop:v1") == 10; }));
  CHECK(world.run_until([&] { return world.pods("shop:v2") == 2; }));
  CHECK(world.canary_weight() == 20);
}

TEST_CASE("a weight that somebody else wrote is put right") {
  ControllerWorld world;
  deploy_and_release(world);
  Json route = world.get("HTTPRoute", "shop");
  Json rules = route["spec"]["rules"];
  rules[0]["backendRefs"][0]["weight"] = 0;
  rules[0]["backendRefs"][1]["weight"] = 100;
  world.patch("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
  world.tick();
  CHECK(world.canary_weight() == 20);
}

TEST_CASE("a metric that is taken out of a run while it is measured counts for no other") {
  ControllerWorld world;
  world.success_rate = [](const std::string& hash) { return hash == "bad" ? 0.0 : 1.0; };
  world.start_controller();
  const auto metric = [](const std::string& name) {
    Json one = success_rate_template()["spec"]["metrics"][0];
    one["name"] = name;
    one["provider"]["prometheus"]["query"] = "success_rate{hash=\"" + name + "\"}";
    return one;
  };
  const Json both = Json::array({metric("bad"), metric("good")});
  world.create({{"apiVersion", crds::kApiVersion},
                {"kind", crds::kAnalysisRun},
                {"metadata", {{"name", "by-hand"}}},
                {"spec", {{"metrics", both}}}});
  world.clock.settle();
  REQUIRE(world.get("AnalysisRun", "by-hand")["status"]["phase"] == "Running");
  world.patch("AnalysisRun", "by-hand", {{"spec", {{"metrics", Json::array({metric("good")})}}}});
  const auto phase = [&] { return world.get("AnalysisRun", "by-hand")["status"]["phase"]; };
  REQUIRE(world.run_until([&] { return phase() != "Running"; }, 60));
  CHECK(phase() == "Successful");
}

TEST_CASE("a Rollout that is deleted is forgotten") {
  ControllerWorld world;
  deploy_and_release(world);
  world.remove("Rollout", "shop");
  world.tick(1);
  const size_t writes = world.store->writes();
  world.tick(60);
  CHECK(world.store->writes() == writes);
  CHECK(world.controller()->view().rollouts.size() == 0);
}

TEST_CASE("a Rollout that is deleted in the middle of a release leaves the traffic on stable") {
  ControllerWorld world;
  deploy_and_release(world);
  // The stable revision alone may have too few pods for all: its Service selects any one by then.
  std::string selected_by_then = "never";
  world.store->let_witness([&](const FaultyStore::Write& write) {
    if (write.resource.gvk.kind == "HTTPRoute") selected_by_then = world.selected_by("shop-stable");
  });
  world.remove("Rollout", "shop");
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 2));
  world.store->let_witness({});
  CHECK(selected_by_then.empty());
}

TEST_CASE("a Service that may not be given back keeps neither the others nor the weights") {
  ControllerWorld world;
  deploy_and_release(world);
  const std::string kept = GENERATE("shop-stable", "shop-canary");
  world.store->refuse(
      [kept](std::string_view verb, const kube::Resource&, const std::string& name) {
        return verb == "patch" && name == kept ? std::optional(forbidden("no")) : std::nullopt;
      });
  world.remove("Rollout", "shop");
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 2));
  CHECK(world.selected_by(kept == "shop-stable" ? "shop-canary" : "shop-stable").empty());
  world.store->refuse({});
  CHECK(world.run_until([&] { return world.selected_by(kept).empty(); }, 60));
}

TEST_CASE("a Rollout that is deleted with its route is forgotten") {
  ControllerWorld world;
  deploy_and_release(world);
  world.remove("HTTPRoute", "shop");
  world.remove("Rollout", "shop");
  REQUIRE(world.run_until([&] { return world.selected_by("shop-stable").empty(); }, 2));
  world.tick(60);
  CHECK(world.controller()->metrics_text().find("rollout_reconcile_error{") == std::string::npos);
}
