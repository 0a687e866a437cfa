// A spec that cannot be planned, in the middle of an update: what is done is only the way back, and
// what is told is what is done.

#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

void distrust(World& world) {
  world.snapshot.problems = {{"spec.replicas", "must not be negative"}};
}

/// Every ReplicaSet that a plan says it scales is scaled by it.
void check_told_is_done(const Plan& made) {
  for (const Reason& reason : made.reasons) {
    if (reason.code != kScalingReplicaSet) continue;
    INFO(reason.message);
    CHECK(std::any_of(made.actions.begin(), made.actions.end(), [&](const Action& action) {
      const auto* patch = std::get_if<PatchReplicaSet>(&action);
      return patch != nullptr && patch->scale && patch->name == reason.params.at("replicaSet");
    }));
  }
}

}  // namespace

TEST_CASE("an abort under a broken spec tells only what it does, and sizes stay as they were") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.on_plan = check_told_is_done;
  world.rollout().spec.replicas = GENERATE(-1, 1, 500);
  distrust(world);
  world.judges = false;
  world.abort();
  world.settle();
  CHECK(world.canary_weight() == 0);
  CHECK(world.revision("v1").spec_replicas == 10);
  world.advance(std::chrono::minutes(1));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 1);
}

TEST_CASE("the way back under a broken spec brings the stable pods that it needs") {
  World world({.replicas = 4, .steps = {set_weight(100), pause_step()}});
  world.canary().dynamic_stable_scale = true;
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v1").spec_replicas == 0);
  world.on_plan = check_told_is_done;
  world.rollout().spec.replicas = -3;
  distrust(world);
  world.abort();
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 4);
  CHECK(world.canary_weight() == 0);
}

TEST_CASE("under a broken spec a canary whose ReplicaSet is gone gets nothing") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 10);
  distrust(world);
  world.judges = false;
  std::erase_if(world.snapshot.replica_sets,
                [&](const ReplicaSet& set) { return set.hash() == world.hash("v2"); });
  world.settle();
  CHECK(world.canary_weight() == 0);
}

TEST_CASE("under a broken spec nothing is made of the template, which may be another revision's") {
  World world({.replicas = 4, .routed = GENERATE(true, false), .steps = {set_weight(50)}});
  world.canary().steps.push_back(pause_step());
  world.settle();
  world.release("v2");
  world.settle();
  world.abort();
  world.settle();
  const std::string hash = world.hash("v2");
  std::erase_if(world.snapshot.replica_sets,
                [&](const ReplicaSet& set) { return set.hash() == hash; });
  distrust(world);
  world.release("v1");
  world.settle();
  for (const ReplicaSet& set : world.snapshot.replica_sets) CHECK(set.hash() != hash);
}

TEST_CASE("under a broken spec a former canary whose pods are gone gets nothing") {
  struct Row {
    const char* name;
    std::string selected;  ///< By the former canary Service.
    int64_t weight;
    bool taken_back;
  };

  const auto row = GENERATE(values<Row>({{"nobody answers", "gone", 20, true},
                                         {"nobody answers, and nobody is sent", "gone", 0, false},
                                         {"pods of all revisions answer", "", 20, false},
                                         {"its pods answer", "v2", 20, false}}));
  INFO(row.name);
  World world = deployed();
  world.release("v2");
  world.settle();
  crds::Routing former = world.status().routings.front();
  former.canary_service = "shop-old";
  world.rollout().status.routings.push_back(former);
  world.snapshot.services["shop-old"] = {
      true, row.selected == "v2" ? world.hash("v2") : row.selected, "shop"};
  world.snapshot.routers.front().former_weight = row.weight;
  world.snapshot.routers.front().in_place = [](const crds::Routes&) { return false; };
  distrust(world);
  const Plan made = plan(world.snapshot);
  CHECK(made.actions.empty() != row.taken_back);
  for (const Action& action : made.actions) {
    const auto* traffic = std::get_if<SetTraffic>(&action);
    REQUIRE(traffic != nullptr);
    CHECK(traffic->routes.destinations.empty());
    REQUIRE(traffic->routes.former.size() == 1);
    CHECK(traffic->routes.former.front().canary == "shop-old");
    CHECK(traffic->routes.former.front().most == 0);
  }
}

TEST_CASE("without routing the way back under a broken spec is a way of pods") {
  World world({.replicas = 4, .routed = false, .steps = {set_weight(50), pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 2);
  distrust(world);
  world.abort();
  world.settle();
  CHECK(world.revision("v1").spec_replicas == 4);
  CHECK(world.revision("v2").spec_replicas == 0);
}
