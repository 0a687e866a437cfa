// What users of Argo Rollouts have reported, by the number of the report there: each told once
// more, with the end that it should have had. docs/reported.md lists them all, and where the others
// are.

#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

bool is_past_deadline(const World& world) {
  const crds::Condition* found = find_condition(world.status().conditions, kProgressingCondition);
  return found != nullptr && found->reason == kProgressDeadlineExceeded;
}

}  // namespace

TEST_CASE("#3082: what passed its deadline under an invalid spec leaves the next release its own") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.rollout().spec.progress_deadline_abort = true;
  world.snapshot.problems = {{"spec.strategy", "Invalid value"}};
  world.release("v2");
  world.reconcile();
  world.advance(seconds(300));
  world.reconcile();
  world.snapshot.problems.clear();
  world.broken_images = {"v3"};
  world.release("v3");
  world.reconcile();
  world.advance(seconds(59));
  world.reconcile();
  CHECK_FALSE(world.status().abort);
  world.advance(seconds(60));
  world.reconcile();
  CHECK(world.status().abort);
}

TEST_CASE("#2929: what was aborted begins again by nobody's will but a person's") {
  const bool routed = GENERATE(true, false);
  World world = deployed(routed);
  world.release("v2");
  world.settle();
  world.abort();
  world.settle();
  world.advance(hours(48));
  world.settle();
  CHECK(world.status().abort);
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.traffic_of(world.hash("v2")) == 0);
}

TEST_CASE("#2982: an abort of what is promoted is over at once, and keeps nobody busy") {
  World world = deployed();
  world.abort();
  world.settle();
  CHECK_FALSE(world.status().abort);
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  const crds::RolloutStatus before = world.status();
  CHECK(world.reconcile().actions.empty());
  CHECK(world.status() == before);
}

TEST_CASE("#3988: the second bad revision in a row passes its deadline under blue-green, too") {
  World world = blue_green();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.broken_images = {"v2", "v3"};
  for (const char* image : {"v2", "v3"}) {
    world.release(image);
    world.settle();
    CHECK_FALSE(is_past_deadline(world));
    world.advance(seconds(61));
    world.settle();
    CHECK(is_past_deadline(world));
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  }
}

TEST_CASE("#4294: a blue-green update that is scaled before its switch comes to its end") {
  World world = blue_green();
  world.broken_images = {"v2"};
  world.release("v2");
  world.settle();
  for (const int32_t replicas : {5, 2}) {
    world.rollout().spec.replicas = replicas;
    world.settle();
  }
  world.broken_images.clear();
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(active(world) == world.hash("v2"));
}

TEST_CASE("#3372: a third revision leaves all traffic to a stable one that can bear it") {
  World world = deployed();
  world.canary().dynamic_stable_scale = true;
  world.release("v2");
  for (int i = 0; i < 3; ++i) {
    world.settle();
    world.promote();
  }
  world.settle();
  REQUIRE(world.canary_weight() == 80);
  REQUIRE(world.revision("v1").spec_replicas == 2);
  world.broken_images = {"v3"};
  world.release("v3");
  for (int round = 0; round < 40; ++round) {
    world.reconcile();
    // Of ten pods each bears a tenth.
    CHECK(world.traffic_of(world.hash("v1")) <= 10 * world.revision("v1").available_replicas);
    world.tick();
  }
  CHECK(world.traffic_of(world.hash("v1")) == 100);
  CHECK(world.revision("v1").available_replicas == 10);
}

TEST_CASE("#1415: an autoscaler that scales in the middle of an update takes nobody's pods") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  REQUIRE(world.canary_weight() == 30);
  for (const int32_t replicas : {20, 4, 0, 10}) {
    world.rollout().spec.replicas = replicas;
    world.settle();
    CHECK(world.revision("v1").spec_replicas == replicas);
    CHECK(world.outage().empty());
  }
  CHECK(world.status().current_step_index == 3);
}
