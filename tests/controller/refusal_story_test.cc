// What the cluster refuses is said, holds up nothing else, and nothing is claimed that was not
// done.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

FaultyStore::Refusal refusing(std::string verb, std::string plural, Error error) {
  return [verb, plural, error](std::string_view asked, const kube::Resource& resource,
                               const std::string&) -> std::optional<Error> {
    if (asked != verb || resource.plural != plural) return std::nullopt;
    return error;
  };
}

int64_t times_told(const ControllerWorld& world, const std::string& code) {
  return std::count(world.events.codes.begin(), world.events.codes.end(), code);
}

int64_t shown_weight(const ControllerWorld& world) {
  return int_at(world.rollout(), "status.canary.weights.canary.weight", -1);
}

/// 10% and a person's pause, watched by a background analysis from the start.
Json watched_rollout() {
  const Json hash = {{"name", "hash"}, {"valueFrom", {{"podTemplateHashValue", "Latest"}}}};
  Json rollout = shop_rollout(3, Json::array({weight_step(10), pause_step(), weight_step(50)}));
  rollout["spec"]["strategy"]["canary"]["analysis"] = {
      {"templates", Json::array({{{"templateName", "success-rate"}}})},
      {"args", Json::array({hash})}};
  return rollout;
}

void deploy(ControllerWorld& world, const Json& rollout) {
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(shop_route());
  world.create(success_rate_template());
  world.create(rollout);
  world.start_controller();
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
}

std::string manager_of(const ControllerWorld& world, const std::string& service) {
  const Json object = world.get("Service", service);
  const Json* annotations = find_path(object, "metadata.annotations");
  if (annotations == nullptr) return "";
  return annotations->value("argo-rollouts.argoproj.io/managed-by-rollouts", "");
}

}  // namespace

TEST_CASE("a route that is gone holds up no scaling") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  world.remove("HTTPRoute", "shop");
  world.patch("Rollout", "shop", {{"spec", {{"replicas", 5}}}});
  world.tick(12);
  CHECK(world.pods("shop:v1") == 5);
}

TEST_CASE("what is refused is told once, and its effects only when they are there") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  world.store->refuse(refusing("create", "replicasets", forbidden("exceeded quota: pods")));
  const int64_t created_before = times_told(world, "NewReplicaSetCreated");
  world.release("shop:v2");
  world.tick(60);
  CHECK(world.reasons().find("exceeded quota: pods") != std::string::npos);
  CHECK(times_told(world, "ReconciliationError") == 1);
  CHECK(times_told(world, "NewReplicaSetCreated") == created_before);
  world.store->refuse({});
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
  CHECK(times_told(world, "NewReplicaSetCreated") == created_before + 1);
  CHECK(world.reasons().find("exceeded quota") == std::string::npos);
}

TEST_CASE("a weight that a router refused is not claimed") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array({weight_step(30), pause_step()}));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  REQUIRE(shown_weight(world) == 30);
  world.store->refuse(refusing("patch", "httproutes", forbidden("a policy says no")));
  const int64_t told_before = times_told(world, "TrafficWeightUpdated");
  world.abort();
  world.tick(5);
  CHECK(world.message().find("RolloutAborted") != std::string::npos);
  CHECK(shown_weight(world) == 30);
  CHECK_FALSE(bool_at(world.rollout(), "status.canary.weights.verified", true));
  CHECK(times_told(world, "TrafficWeightUpdated") == told_before);
  world.store->refuse({});
  world.tick(12);
  CHECK(world.canary_weight() == 0);
  CHECK(shown_weight(world) == 0);
  CHECK(times_told(world, "TrafficWeightUpdated") == told_before + 1);
}

TEST_CASE("without its background analysis no release goes on") {
  ControllerWorld world;
  deploy(world, watched_rollout());
  world.store->refuse(refusing("create", "analysisruns", forbidden("exceeded quota: runs")));
  world.release("shop:v2");
  world.tick(60);
  CHECK(world.phase() == "Progressing");
  CHECK(int_at(world.rollout(), "status.currentStepIndex") == 0);
  CHECK(world.rollout()["status"]["canary"].count("currentBackgroundAnalysisRunStatus") == 0);
  CHECK(times_told(world, "ReconciliationError") == 1);
  world.promote();
  world.store->refuse({});
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.list("AnalysisRun").size() == 1);
}

TEST_CASE("an argument whose field the Rollout lacks is named before the release begins") {
  ControllerWorld world;
  const Json region = {{"name", "region"},
                       {"valueFrom", {{"fieldRef", {{"fieldPath", "metadata.labels['region']"}}}}}};
  Json judged = success_rate_template();
  judged["spec"]["args"].push_back({{"name", "region"}});
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(shop_route());
  world.create(judged);
  Json rollout = watched_rollout();
  rollout["spec"]["strategy"]["canary"]["analysis"]["args"].push_back(region);
  world.create(rollout);
  world.start_controller();
  world.tick(5);
  CHECK(world.message().starts_with("InvalidSpec: "));
  CHECK(world.message().find("metadata.labels['region']") != std::string::npos);
  world.patch("Rollout", "shop", {{"metadata", {{"labels", {{"region", "eu"}}}}}});
  INFO(world.reasons());
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("an analysis run whose name is taken gets another one") {
  ControllerWorld world;
  deploy(world, watched_rollout());
  world.store->refuse(refusing("create", "analysisruns", forbidden("not yet")));
  world.release("shop:v2");
  world.tick(3);
  const std::string name = "shop-" + world.hash("shop:v2") + "-2";
  world.create({{"apiVersion", "argoproj.io/v1alpha1"},
                {"kind", "AnalysisRun"},
                {"metadata", {{"name", name}, {"namespace", "default"}}},
                {"spec", success_rate_template()["spec"]}});
  world.store->refuse({});
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Paused"));
  CHECK_FALSE(world.get("AnalysisRun", name + ".1").is_null());
}

TEST_CASE("pods that cannot be created are told of in the ReplicaSet's words") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  const Json failure = {{"type", "ReplicaFailure"},
                        {"status", "True"},
                        {"reason", "FailedCreate"},
                        {"message", "pods \"shop-1\" is forbidden: exceeded quota"}};
  const std::string name = world.revision("shop:v1")["metadata"]["name"];
  world.patch("ReplicaSet", name, {{"status", {{"conditions", Json::array({failure})}}}},
              kube::Subresource::Status);
  world.clock.settle();
  const Json status = world.rollout()["status"];
  const auto found =
      std::find_if(status["conditions"].begin(), status["conditions"].end(),
                   [](const Json& condition) { return condition["type"] == "ReplicaFailure"; });
  REQUIRE(found != status["conditions"].end());
  CHECK(string_at(*found, "message").find("exceeded quota") != std::string::npos);
}

TEST_CASE("the Services of a Rollout that is gone are given back") {
  ControllerWorld world;
  world.deploy_shop(3, judged_steps());
  REQUIRE_FALSE(world.selected_by("shop-stable").empty());
  REQUIRE(manager_of(world, "shop-stable") == "shop");
  SECTION("while the controller runs") {
    world.remove("Rollout", "shop");
  }
  SECTION("while it does not") {
    world.stop_controller();
    world.remove("Rollout", "shop");
    world.start_controller();
  }
  world.tick(2);
  for (const std::string service : {"shop-stable", "shop-canary"}) {
    CHECK(world.selected_by(service).empty());
    CHECK(manager_of(world, service).empty());
    CHECK(world.get("Service", service)["spec"]["selector"]["app"] == "shop");
  }
}
