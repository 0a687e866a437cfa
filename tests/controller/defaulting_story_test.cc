// Revisions are told apart by what the API server makes of a template, be it a newer Kubernetes or
// a mutating webhook that Sluice knows nothing of.

#include "crds/names.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// Each ReplicaSet gets what nobody has written.
std::string fill_in(const kube::Resource& resource, std::string body) {
  if (resource.gvk.kind != "ReplicaSet") return body;
  Json document = Json::parse(body);
  document["spec"]["template"]["spec"]["priorityClassName"] = "gold";
  return document.dump();
}

/// The shop at v1 as the server has made it, with 3 pods.
void deploy(ControllerWorld& world) {
  world.store->admit(fill_in);
  world.deploy_shop(3, Json::array({weight_step(50), pause_step()}));
}

/// The same template in other words.
void rewrite(ControllerWorld& world) {
  world.patch("Rollout", "shop",
              {{"spec", {{"template", {{"spec", {{"restartPolicy", "Always"}}}}}}}});
}

}  // namespace

TEST_CASE("what the API server fills in makes no revision, whoever rewrites the template") {
  ControllerWorld world;
  deploy(world);
  const Json before = world.revision("shop:v1");
  rewrite(world);
  const int64_t generation = int_at(world.rollout(), "metadata.generation");
  REQUIRE(world.run_until(
      [&] {
        return string_at(world.rollout(), "status.observedGeneration") ==
               std::to_string(generation);
      },
      10));
  world.tick(5);
  CHECK(world.phase() == "Healthy");
  CHECK(world.list("ReplicaSet").size() == 1);
  CHECK(string_at(world.rollout(), "status.stableRS") == world.hash("shop:v1"));
  CHECK(int_at(world.revision("shop:v1"), "metadata.generation") ==
        int_at(before, "metadata.generation"));

  SECTION("also for the next process") {
    world.restart_controller();
    world.tick(5);
    CHECK(world.phase() == "Healthy");
    CHECK(world.list("ReplicaSet").size() == 1);
  }
  SECTION("another image does") {
    world.release("shop:v2");
    REQUIRE(world.run_until_phase("Paused"));
    CHECK(world.list("ReplicaSet").size() == 2);
    CHECK(world.canary_weight() == 50);
  }
}

TEST_CASE("an update whose template is rewritten goes on where it is") {
  ControllerWorld world;
  deploy(world);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  rewrite(world);
  world.tick(5);
  CHECK(world.phase() == "Paused");
  CHECK(world.list("ReplicaSet").size() == 2);
  CHECK(int_at(world.rollout(), "status.currentStepIndex") == 1);
  CHECK(world.canary_weight() == 50);
}
