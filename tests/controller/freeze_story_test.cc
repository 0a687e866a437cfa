// A ConfigMap freezes: it is seen when it comes and when it goes, whoever sets it.

#include "crds/freeze.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

const Json kHalf = Json::array({{{"setWeight", 50}}, {{"pause", Json::object()}}});

void freeze(ControllerWorld& world, const std::string& namespace_) {
  world.create(crds::encode_freeze({.namespace_ = namespace_,
                                    .by = "ann",
                                    .reason = "sale",
                                    .since = world.clock.system_now(),
                                    .problem = ""}));
}

Json condition(const ControllerWorld& world) {
  for (const Json& known : world.rollout()["status"]["conditions"])
    if (known["type"] == "Frozen") return known;
  return nullptr;
}

}  // namespace

TEST_CASE("a freeze of the namespace, or of all, holds what comes later, until it is gone") {
  const std::string from = GENERATE("default", "kube-system");
  ControllerWorld world;
  world.deploy_shop(4, kHalf);
  freeze(world, from);
  world.tick();
  CHECK(world.phase() == "Healthy");
  CHECK(condition(world)["message"].get<std::string>().ends_with(": sale"));
  world.release("shop:v2");
  world.tick(30);
  CHECK(world.phase() == "Paused");
  CHECK(world.message().starts_with("frozen by ann since "));
  CHECK(world.canary_weight() == 0);
  CHECK(world.controller()->explain({"default", "shop"}).waits.front().reason == "Frozen");
  world.restart_controller();
  world.tick(10);
  CHECK(world.canary_weight() == 0);
  CHECK(condition(world)["reason"] == "Frozen");
}

TEST_CASE("a freeze of another namespace holds nothing") {
  ControllerWorld world;
  world.deploy_shop(4, kHalf);
  freeze(world, "kube-public");
  world.release("shop:v2");
  CHECK(world.run_until([&] { return world.canary_weight() == 50; }));
  CHECK(condition(world).is_null());
}

TEST_CASE("an update goes on at once when the freeze ends") {
  ControllerWorld world;
  world.deploy_shop(4, kHalf);
  freeze(world, "default");
  world.release("shop:v2");
  world.tick(30);
  REQUIRE(world.canary_weight() == 0);
  world.remove("ConfigMap", "sluice-freeze");
  CHECK(world.run_until([&] { return world.canary_weight() == 50; }, 30));
  CHECK(condition(world).is_null());
}

TEST_CASE("a ConfigMap of that name that cannot be understood freezes, and the status says so") {
  ControllerWorld world;
  world.deploy_shop(4, kHalf);
  world.create({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", "sluice-freeze"}, {"namespace", "default"}}},
                {"data", {{"until", "monday"}}}});
  world.release("shop:v2");
  world.tick(30);
  CHECK(world.canary_weight() == 0);
  CHECK(world.message().find("ConfigMap default/sluice-freeze: data.reason") != std::string::npos);
}

TEST_CASE("an abort takes the traffic back under a freeze") {
  ControllerWorld world;
  world.deploy_shop(4, judged_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() > 0; }));
  freeze(world, "kube-system");
  world.tick(2);
  world.abort();
  CHECK(world.run_until([&] { return world.canary_weight() == 0; }, 5));
  CHECK(world.phase() == "Degraded");
}
