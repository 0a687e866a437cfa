// What the controller does by itself: a healthy revision is promoted, a bad one goes back.

#include "base/time.h"
#include "crds/names.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

std::string promoted_at(const ControllerWorld& world, const std::string& image) {
  return world.revision(image)["metadata"]["annotations"].value(
      std::string(crds::kPromotedAtAnnotation), "");
}

/// Where the success rate of the revision drops once its weight has come to `weight`.
void turn_bad_at(ControllerWorld& world, int64_t weight, double rate) {
  world.success_rate = [&world, weight, rate](const std::string& hash) -> Result<double> {
    const bool bad = hash == world.hash("shop:v2") && world.canary_weight() >= weight;
    return bad ? rate : 1.0;
  };
}

void check_reverted(const ControllerWorld& world) {
  CHECK(world.canary_weight() == 0);
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v1"));
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
  CHECK(world.pods("shop:v1") == 5);
}

}  // namespace

TEST_CASE("a healthy revision is promoted through 10, 30, 50, 80 and 100") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v1"));
  CHECK(parse_time(promoted_at(world, "shop:v1")));
  world.release("shop:v2");
  INFO(world.reasons());
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
  CHECK(world.weights == std::vector<int64_t>{0, 10, 30, 50, 80, 100, 0});
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  CHECK(string_at(world.rollout(), "status.stableRS") == world.hash("shop:v2"));
  CHECK(world.list("AnalysisRun").size() == 4);
  CHECK(parse_time(promoted_at(world, "shop:v2")));
  for (const char* code : {"RolloutUpdated", "TrafficWeightUpdated", "RolloutCompleted"})
    CHECK(world.events.was_told(code));
  CHECK(world.pods("shop:v1") == 0);
  CHECK(world.pods("shop:v2") == 5);
}

TEST_CASE("a quiet cluster is left alone") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.tick(10);
  const size_t before = world.store->writes();
  world.tick(120);
  CHECK(world.store->writes() == before);
}

TEST_CASE("a revision that turns bad loses its traffic at once, and the message says why") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  turn_bad_at(world, 30, 0.5);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Degraded"));
  INFO(world.reasons());
  CHECK(world.weights == std::vector<int64_t>{0, 10, 30, 0});
  check_reverted(world);
  CHECK(world.message().starts_with("RolloutAborted: "));
  CHECK(world.message().find("Metric \"success-rate\"") != std::string::npos);
  CHECK(bool_at(world.rollout(), "status.abort"));
  CHECK(promoted_at(world, "shop:v2").empty());
  CHECK(world.events.was_told("RolloutAborted"));
  world.tick(10);
  CHECK(world.pods("shop:v2") == 0);
}

TEST_CASE("no time passes between a verdict and the traffic's return") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  turn_bad_at(world, 10, 0.0);
  world.release("shop:v2");
  const auto judged = [&world] {
    for (const Json& run : world.list("AnalysisRun"))
      if (string_at(run, "status.phase") == "Failed") return true;
    return false;
  };
  // One look a second: where the verdict is seen, the weight must be gone already.
  REQUIRE(world.run_until(judged));
  CHECK(world.canary_weight() == 0);
  CHECK(world.selected_by("shop-canary") == world.hash("shop:v1"));
}

TEST_CASE("a source without data or without an answer promotes nobody, and the pause says so") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  const std::string unasked = "a source that could not be asked for 3m0s";
  std::string why = unasked;
  Result<double> answer = std::nan("");
  SECTION("no data") {
    why = "no data for 3m0s";
  }
  SECTION("no answer") {
    answer = fail(unavailable("connection refused"));
  }
  SECTION("an answer that comes too late") {
    answer = fail(timeout("no answer within 10 s"));
  }
  SECTION("garbage, or half an answer") {
    answer = fail(internal("the answer is no JSON"));
  }
  world.success_rate = [&answer](const std::string&) { return answer; };
  world.release("shop:v2");
  world.tick(600);
  INFO(world.reasons());
  CHECK(world.weights.back() <= 10);
  CHECK(world.phase() == "Paused");
  CHECK(world.message().starts_with("InconclusiveAnalysisRun: "));
  CHECK(world.message().find("assessed Inconclusive due to " + why) != std::string::npos);
  CHECK(string_at(world.rollout(), "status.stableRS") == world.hash("shop:v1"));
}

TEST_CASE("a revision whose pods never come up gets no traffic") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.kubelet->available_max["shop:v2"] = 0;
  world.release("shop:v2");
  world.tick(700);
  CHECK(world.weights == std::vector<int64_t>{0});
  CHECK(world.phase() == "Degraded");
  CHECK(world.message().find("timed out progressing") != std::string::npos);
  world.release("shop:v3");
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("the next release takes over from one that is under way") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() == 30; }));
  world.release("shop:v3");
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
  CHECK(world.weights == std::vector<int64_t>{0, 10, 30, 0, 10, 30, 50, 80, 100, 0});
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v3"));
  CHECK(promoted_at(world, "shop:v2").empty());
}

TEST_CASE("traffic moves on only when the gateway has taken the last weight up") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.gateway->stuck = true;
  world.release("shop:v2");
  world.tick(120);
  CHECK(world.weights == std::vector<int64_t>{0, 10});
  world.gateway->stuck = false;
  CHECK(world.run_until_phase("Healthy"));
}

TEST_CASE("whoever deletes the stable ReplicaSet leaves its users with the pods that are there") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(20), pause_step(), weight_step(60), pause_step()}));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  const std::string v1 = world.hash("shop:v1");
  world.remove("ReplicaSet", "shop-" + v1);
  world.clock.settle();
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  world.tick(5);
  CHECK(world.phase() == "Paused");
  CHECK(world.message().find("the ReplicaSet of the stable revision, shop-" + v1 + ", is gone") !=
        std::string::npos);
  CHECK(world.pods("shop:v2") == 5);
  CHECK(world.canary_weight() == 20);
  CHECK(string_at(world.rollout(), "status.stableRS") == v1);
  CHECK(world.events.was_told("StableLacksCapacity"));

  SECTION("it is released again") {
    world.release("shop:v1");
    REQUIRE(world.run_until([&] { return world.selected_by("shop-stable") == v1; }));
    CHECK(world.pods("shop:v1") == 5);
    REQUIRE(world.run_until([&] { return world.pods("shop:v2") == 0; }));
    CHECK(world.phase() == "Healthy");
  }
  SECTION("or the update goes on, step by step") {
    world.promote();
    REQUIRE(world.run_until([&] { return world.canary_weight() == 60; }));
    REQUIRE(world.run_until_phase("Paused"));
    world.promote();
    REQUIRE(world.run_until_phase("Healthy"));
    CHECK(string_at(world.rollout(), "status.stableRS") == world.hash("shop:v2"));
  }
}

TEST_CASE("a bad verdict that is to revert nothing holds the weight until somebody answers") {
  ControllerWorld world;
  world.deploy_shop(5, judged_steps());
  world.patch("Rollout", "shop", {{"spec", {{"onFailure", "pause"}}}});
  turn_bad_at(world, 30, 0.2);
  world.release("shop:v2");
  INFO(world.reasons());
  REQUIRE(world.run_until(
      [&] { return world.message().find("FailedAnalysisRun") != std::string::npos; }));
  world.tick(60);
  CHECK(world.phase() == "Paused");
  CHECK(world.canary_weight() == 30);
  CHECK(std::ranges::count(world.events.codes, "RolloutPaused") >= 1);
  CHECK_FALSE(world.events.was_told("RolloutAborted"));
  world.abort();
  world.clock.settle();
  CHECK(world.canary_weight() == 0);
}
