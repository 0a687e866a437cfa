// What an API server may do to the controller: it must neither be asked in a loop nor be believed
// more than it says.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// Lists and watches of that resource fail so.
FaultyStore::Refusal not_shown(const std::string& plural, Error error) {
  return [plural, error](std::string_view verb, const kube::Resource& resource,
                         const std::string&) -> std::optional<Error> {
    if (resource.plural == plural && (verb == "list" || verb == "watch")) return error;
    return std::nullopt;
  };
}

FaultyStore::Refusal not_patched(const std::string& name, Error error) {
  return [name, error](std::string_view verb, const kube::Resource&,
                       const std::string& asked) -> std::optional<Error> {
    if (verb == "patch" && asked == name) return error;
    return std::nullopt;
  };
}

std::string metrics_of(ControllerWorld& world) {
  return world.controller()->metrics_text();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a server that answers every write with a conflict is not asked in a loop") {
  ControllerWorld world;
  world.deploy_shop(2, judged_steps());
  world.store->set_rates({.conflict = 100});
  world.release("shop:v2");
  const size_t before = world.store->calls();
  world.tick(60);
  CHECK(world.store->calls() - before < 400);
  world.store->set_rates({});
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a server that refuses every write is not asked in a loop") {
  ControllerWorld world;
  world.deploy_shop(2, judged_steps());
  world.store->refuse([](std::string_view verb, const kube::Resource&, const std::string&) {
    const bool write = verb == "patch" || verb == "create" || verb == "remove";
    return write ? std::optional(forbidden("quota")) : std::nullopt;
  });
  world.release("shop:v2");
  const size_t before = world.store->calls();
  world.tick(120);
  CHECK(world.store->calls() - before < 200);
  world.store->refuse({});
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a ReplicaSet that exists but is not shown is not created in a loop") {
  ControllerWorld world;
  world.deploy_shop(2, judged_steps());
  world.release("shop:v2");
  world.tick(2);
  const std::string name = string_at(world.revision("shop:v2"), "metadata.name");
  // Without the label it is beyond the selector of the watch, but not gone.
  world.patch("ReplicaSet", name,
              {{"metadata", {{"labels", {{"rollouts-pod-template-hash", nullptr}}}}}});
  const size_t before = world.store->calls();
  world.tick(60);
  CHECK(world.store->calls() - before < 1'000);
}

TEST_CASE("routes that are not listed yet do not pass for missing ones") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(30), pause_step(), weight_step(60)}));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  const std::string status = dump_json(world.rollout()["status"]);
  world.store->refuse(not_shown("httproutes", unavailable("starting")));
  world.restart_controller();
  world.tick(30);
  CHECK(dump_json(world.rollout()["status"]) == status);
  CHECK(world.canary_weight() == 30);
  CHECK_FALSE(world.controller()->ready());
  world.store->refuse({});
  world.tick(12);
  CHECK(world.controller()->ready());
  CHECK(world.phase() == "Paused");
}

TEST_CASE("a cluster without HTTPRoutes is served") {
  ControllerWorld world;
  world.store->refuse(not_shown("httproutes", not_found("no such resource")));
  Json rollout = shop_rollout(2, Json::array({weight_step(50), pause_step(2)}));
  for (const char* field :
       {"trafficRouting", "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"}) {
    rollout["spec"]["strategy"]["canary"].erase(field);
  }
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(rollout);
  world.start_controller();
  const bool deployed = world.run_until_phase("Healthy");
  INFO(world.reasons());
  REQUIRE(deployed);
  world.release("shop:v2");
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("a router's kind that the cluster lacks is noticed when it comes") {
  ControllerWorld world;
  world.store->refuse(not_shown("httproutes", not_found("no such resource")));
  world.apply_shop(2, Json::array({weight_step(50), pause_step()}));
  world.start_controller();
  world.tick(60);
  CHECK(world.controller()->ready());
  CHECK(has(world.reasons(), "HTTPRoute default/shop does not exist"));
  world.store->refuse({});
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  CHECK(world.run_until_phase("Paused"));
  CHECK(world.canary_weight() == 50);
}

TEST_CASE("kinds of routers are watched once a Rollout needs them") {
  ControllerWorld world;
  world.start_controller();
  const GroupVersionKind route{"gateway.networking.k8s.io", "v1", "HTTPRoute"};
  CHECK(world.controller()->view().cache_of(route) == nullptr);
  world.apply_shop(2, Json::array({weight_step(50), pause_step()}));
  REQUIRE(world.run_until_phase("Healthy"));
  REQUIRE(world.controller()->view().cache_of(route) != nullptr);
  CHECK(world.controller()->view().cache_of(route)->size() == 1);
}

TEST_CASE("where one router refuses, the others' traffic is taken back all the same") {
  ControllerWorld world;
  Json other = shop_route();
  other["metadata"]["name"] = "other";
  Json rollout = shop_rollout(5, Json::array({weight_step(30), pause_step()}));
  rollout["spec"]["strategy"]["canary"]["trafficRouting"]["gatewayAPI"] = {
      {"httpRoutes", Json::array({{{"name", "other"}}})}};
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(shop_route());
  world.create(other);
  world.create(rollout);
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Paused"));
  const auto weight_of = [&world](const std::string& route) {
    return int_at(world.get("HTTPRoute", route)["spec"]["rules"][0]["backendRefs"][1], "weight");
  };
  REQUIRE(weight_of("shop") == 30);
  REQUIRE(weight_of("other") == 30);
  const std::string refusing = GENERATE("shop", "other");
  INFO(refusing << " refuses");
  world.store->refuse(not_patched(refusing, forbidden("a policy says no")));
  world.abort();
  world.tick(2);
  CHECK(weight_of(refusing == "shop" ? "other" : "shop") == 0);
  world.store->refuse({});
  world.tick(12);
  CHECK(weight_of(refusing) == 0);
}

TEST_CASE("watches that lose their history in mid-release delay nothing") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.store->set_rates({.expire = 20});
  world.release("shop:v2");
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("the metrics show a Rollout at rest after a restart, and nothing of one that is gone") {
  ControllerWorld world;
  world.deploy_shop(2, judged_steps());
  world.restart_controller();
  world.tick(2);
  CHECK(has(metrics_of(world), "rollout_info{"));
  CHECK(has(metrics_of(world), "phase=\"Healthy\""));
  world.store->set_rates({.fail_before = 100});
  world.release("shop:v2");
  world.tick(2);
  CHECK(has(metrics_of(world), "rollout_reconcile_error{"));
  world.store->set_rates({});
  world.tick(12);
  world.remove("Rollout", "shop");
  world.tick(2);
  CHECK_FALSE(has(metrics_of(world), "name=\"shop\""));
}
