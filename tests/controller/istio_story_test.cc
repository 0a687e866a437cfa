// The whole controller with Istio's router: what VirtualServices and DestinationRules ask for in
// the course of a release.

#include "tests/controller/controller_world.h"
#include "tests/controller/istio_manifests.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <utility>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

constexpr const char* kHash = "rollouts-pod-template-hash";
constexpr const char* kManager = "argo-rollouts.argoproj.io/managed-by-rollouts";

Json mesh_steps() {
  return Json::array({weight_step(20), pause_step()});
}

struct MeshWorld : ControllerWorld {
  MeshWorld(Json routing, const Json& steps) {
    const bool subsets = routing["istio"].contains("destinationRule");
    Json rollout = shop_rollout(2, steps);
    Json& canary = rollout["spec"]["strategy"]["canary"];
    canary["trafficRouting"] = std::move(routing);
    if (subsets) {
      canary.erase("stableService");
      canary.erase("canaryService");
      create(shop_service("shop"));
    } else {
      create(shop_service("shop-stable"));
      create(shop_service("shop-canary"));
    }
    create(rollout);
    start_controller();
  }

  Json http() const { return get("VirtualService", "shop")["spec"]["http"]; }

  /// Of the canary in the last route that splits.
  int64_t weight() const {
    const Json routes = http();
    return int_at(routes[routes.size() - 2]["route"][1], "weight");
  }

  Json subset(const std::string& name) const {
    for (const Json& one : get("DestinationRule", "shop")["spec"]["subsets"])
      if (one["name"] == name) return one;
    return nullptr;
  }

  /// The hash that a subset selects by.
  std::string selected(const std::string& name) const {
    const Json found = subset(name);
    return found.is_null() ? "" : found.value("labels", Json::object()).value(kHash, "");
  }

  std::string manager() const {
    return get("DestinationRule", "shop")["metadata"]
        .value("annotations", Json::object())
        .value(kManager, "");
  }

  void edit_strategy(const Json& merge_patch) {
    patch("Rollout", "shop", {{"spec", {{"strategy", {{"canary", merge_patch}}}}}});
  }
};

/// Its second revision has a fifth of the traffic.
void pause_at_twenty(MeshWorld& world) {
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(world.weight() == 20);
}

struct HostWorld : MeshWorld {
  HostWorld() : MeshWorld(host_routing(), mesh_steps()) {
    create(shop_virtual_service());
    pause_at_twenty(*this);
  }
};

struct SubsetWorld : MeshWorld {
  SubsetWorld() : MeshWorld(subset_routing(), mesh_steps()) {
    create(subset_virtual_service());
    create(shop_destination_rule());
    pause_at_twenty(*this);
  }
};

/// One more subset of the shop's rule, and in the route that splits.
void add_subset(MeshWorld& world, const std::string& name) {
  Json subsets = world.get("DestinationRule", "shop")["spec"]["subsets"];
  subsets.push_back({{"name", name}});
  world.patch("DestinationRule", "shop", {{"spec", {{"subsets", subsets}}}});
  Json http = world.http();
  http[0]["route"].push_back({{"destination", {{"host", "shop"}, {"subset", name}}}});
  world.patch("VirtualService", "shop", {{"spec", {{"http", http}}}});
}

}  // namespace

TEST_CASE("a canary walks its weights through a VirtualService and is promoted") {
  HostWorld world;
  CHECK(world.http()[0]["route"][0]["weight"] == 80);
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.run_until([&] { return world.weight() == 0; }, 30));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  CHECK(world.http() == shop_virtual_service()["spec"]["http"]);
}

TEST_CASE("a canary walks through subsets, which select its revisions") {
  SubsetWorld world;
  CHECK(world.selected("stable") == world.hash("shop:v1"));
  CHECK(world.selected("canary") == world.hash("shop:v2"));
  CHECK(world.subset("canary")["labels"]["app"] == "shop");
  CHECK(world.manager() == "shop");
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.run_until([&] { return world.weight() == 0; }, 30));
  CHECK(world.selected("stable") == world.hash("shop:v2"));
  CHECK(world.selected("canary") == world.hash("shop:v2"));
  CHECK(world.subset("legacy") == shop_destination_rule()["spec"]["subsets"][0]);
  CHECK(world.run_until([&] { return world.pods("shop:v1") == 0; }));
}

TEST_CASE("an abort takes the traffic back through weights and subset") {
  SubsetWorld world;
  if (GENERATE(false, true)) world.restart_controller();
  world.abort();
  world.tick(2);
  CHECK(world.weight() == 0);
  CHECK(world.selected("stable") == world.hash("shop:v1"));
  CHECK(world.selected("canary") == world.hash("shop:v1"));
  CHECK(world.run_until([&] { return world.pods("shop:v2") == 0; }));
}

TEST_CASE("who has lost the VirtualService leaves nobody with what is aborted") {
  SubsetWorld world;
  world.remove("VirtualService", "shop");
  world.tick(2);
  CHECK(world.reasons().find("VirtualService default/shop: does not exist") != std::string::npos);
  world.abort();
  world.tick(2);
  CHECK(world.selected("canary") == world.hash("shop:v1"));
}

TEST_CASE("weight and label that somebody changes come back, and all else stays") {
  SubsetWorld world;
  Json http = world.http();
  http[0]["route"][0]["weight"] = 10;
  http[0]["route"][1]["weight"] = 90;
  http[0]["timeout"] = "9s";
  world.patch("VirtualService", "shop", {{"spec", {{"http", http}}}});
  Json subsets = world.get("DestinationRule", "shop")["spec"]["subsets"];
  subsets[2]["labels"].erase(kHash);
  subsets[2]["labels"]["tier"] = "front";
  world.patch("DestinationRule", "shop", {{"spec", {{"subsets", subsets}}}});
  world.tick(2);
  CHECK(world.weight() == 20);
  CHECK(world.http()[0]["timeout"] == "9s");
  CHECK(world.selected("canary") == world.hash("shop:v2"));
  CHECK(world.subset("canary")["labels"]["tier"] == "front");
}

TEST_CASE("what is missing is named with object and field, and taken up when it comes") {
  MeshWorld world(subset_routing(), mesh_steps());
  const auto is_told = [&world](const char* sentence) {
    world.tick(20);
    INFO(world.reasons());
    CHECK(world.reasons().find(sentence) != std::string::npos);
    CHECK(world.phase() != "Healthy");
  };
  is_told("VirtualService default/shop: does not exist");
  world.create(subset_virtual_service());
  is_told("DestinationRule default/shop: does not exist");
  Json rule = shop_destination_rule();
  const Json canary = rule["spec"]["subsets"][2];
  rule["spec"]["subsets"].erase(2);
  world.create(rule);
  is_told("DestinationRule default/shop: spec.subsets: has no subset \"canary\"");
  rule["spec"]["subsets"].push_back(canary);
  world.patch("DestinationRule", "shop", {{"spec", rule["spec"]}});
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected("canary") == world.hash("shop:v1"));
}

TEST_CASE("header and mirror routes come with their steps, and go with an abort") {
  const Json steps = Json::parse(R"([
    {"setCanaryScale": {"replicas": 1}},
    {"setHeaderRoute": {"name": "beta", "match": [
      {"headerName": "x-user", "headerValue": {"exact": "ann"}}]}},
    {"setMirrorRoute": {"name": "shadow", "percentage": 35, "match": [
      {"method": {"exact": "GET"}}]}},
    {"pause": {}},
    {"setHeaderRoute": {"name": "beta"}},
    {"setWeight": 20},
    {"pause": {}}])");
  Json routing = host_routing();
  routing["managedRoutes"] = Json::array({{{"name", "shadow"}}, {{"name", "beta"}}});
  MeshWorld world(std::move(routing), steps);
  world.create(shop_virtual_service());
  REQUIRE(world.run_until_phase("Healthy"));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(world.http().size() == 4);
  CHECK(world.http()[0]["mirrorPercentage"]["value"] == 35);
  CHECK(world.http()[1]["route"][0]["destination"]["host"] == "shop-canary");
  world.promote();
  REQUIRE(world.run_until([&] { return world.weight() == 20; }));
  CHECK(world.http().size() == 3);
  const bool deleted = GENERATE(false, true);
  if (deleted)
    world.remove("Rollout", "shop");
  else
    world.abort();
  REQUIRE(
      world.run_until([&] { return world.http() == shop_virtual_service()["spec"]["http"]; }, 10));
}

TEST_CASE("subsets of a Rollout that is deleted select pods of any revision again") {
  SubsetWorld world;
  world.remove("Rollout", "shop");
  REQUIRE(world.run_until([&] { return world.manager().empty(); }, 10));
  CHECK(world.get("DestinationRule", "shop")["spec"] == shop_destination_rule()["spec"]);
}

TEST_CASE("subsets that may not be given back do not keep the weights of a deleted Rollout") {
  SubsetWorld world;
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.weight() > 0; }));
  world.store->refuse(
      [](std::string_view verb, const kube::Resource& resource, const std::string&) {
        const bool rule = verb == "patch" && resource.gvk.kind == "DestinationRule";
        return rule ? std::optional(forbidden("no")) : std::nullopt;
      });
  world.remove("Rollout", "shop");
  CHECK(world.run_until([&] { return world.weight() == 0; }, 10));
}

TEST_CASE("subsets that another Rollout manages are not taken") {
  MeshWorld world(subset_routing(), mesh_steps());
  world.create(subset_virtual_service());
  world.create(shop_destination_rule());
  REQUIRE(world.run_until_phase("Healthy"));
  Json other = world.rollout();
  other["metadata"] = {{"name", "rival"}};
  other.erase("status");
  world.create(other);
  world.tick(5);
  CHECK(string_at(world.get("Rollout", "rival"), "status.message")
            .find("DestinationRule \"shop\" is managed by another Rollout, \"shop\"") !=
        std::string::npos);
  CHECK(world.manager() == "shop");
}

TEST_CASE("a split that the spec names no longer is taken back") {
  const std::pair<const char*, const char*> edits[] = {
      {"other subsets of the rule",
       R"({"trafficRouting": {"istio": {"destinationRule": {"canarySubsetName": "next"}}}})"},
      {"no routing", R"({"trafficRouting": null, "scaleDownDelaySeconds": null,
                         "abortScaleDownDelaySeconds": null})"},
      {"another router", R"({"stableService": "shop-stable", "canaryService": "shop-canary",
          "trafficRouting": {"istio": null, "gatewayAPI": {"httpRoute": "shop"}}})"}};
  for (const auto& [name, edit] : edits) {
    INFO(name);
    SubsetWorld world;
    world.create(shop_service("shop-stable"));
    world.create(shop_service("shop-canary"));
    world.create(shop_route());
    world.edit_strategy(Json::parse(edit));
    if (GENERATE(false, true)) world.restart_controller();
    world.abort();
    world.tick(5);
    INFO(world.reasons());
    INFO(world.rollout()["status"].dump());
    CHECK(world.weight() == 0);
    CHECK(world.selected("canary") == world.hash("shop:v1"));
    add_subset(world, "next");
    world.release("shop:v1");
    world.tick(60);
    INFO(world.rollout()["status"].dump());
    CHECK(world.selected("canary").empty());
    CHECK(world.run_until([&] { return world.pods("shop:v2") == 0; }));
  }
}

TEST_CASE("Services that are named beside subsets follow them") {
  MeshWorld world(subset_routing(), mesh_steps());
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(subset_virtual_service());
  world.create(shop_destination_rule());
  world.edit_strategy({{"stableService", "shop-stable"}, {"canaryService", "shop-canary"}});
  pause_at_twenty(world);
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v1"));
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v2"));
  const Json weights = world.rollout()["status"]["canary"]["weights"];
  CHECK(weights["canary"]["serviceName"] == "shop-canary");
  world.promote();
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  CHECK(world.selected("stable") == world.hash("shop:v2"));
}
