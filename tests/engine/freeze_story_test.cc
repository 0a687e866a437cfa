// A freeze holds every update where it is, and nobody who goes back.

#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using namespace std::chrono_literals;

namespace {

void freeze(World& world) {
  world.snapshot.freezes = {freeze_of("default")};
}

void thaw(World& world) {
  world.snapshot.freezes.clear();
}

constexpr const char* kSentence =
    "frozen by ann since 2026-11-20T08:00:00Z (namespace default): sale";

}  // namespace

TEST_CASE("a freeze holds the update where it is, whatever is promoted, and nothing is lost") {
  World world = deployed(GENERATE(true, false));
  world.release("v2");
  world.settle();
  const int64_t pods = world.revision("v2").spec_replicas;
  freeze(world);
  SECTION("promote") {
    world.promote();
  }
  SECTION("promote --full") {
    world.promote_full();
  }
  world.settle();
  world.advance(1h);
  world.settle();
  CHECK(world.status().current_step_index.value_or(0) < 10);
  CHECK(world.revision("v2").spec_replicas == pods);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message == kSentence);
  const crds::Condition* frozen = find_condition(world.status().conditions, kFrozen);
  REQUIRE(frozen != nullptr);
  CHECK(frozen->message == kSentence);
  thaw(world);
  world.settle();
  CHECK(find_condition(world.status().conditions, kFrozen) == nullptr);
  CHECK(world.status().message != kSentence);
}

TEST_CASE("under a freeze the weight stays, scaling and an abort work") {
  World world = deployed();
  world.release("v2");
  world.settle();
  freeze(world);
  world.promote();
  world.rollout().spec.replicas = 20;
  world.settle();
  CHECK(world.canary_weight() == 10);
  CHECK(world.revision("v1").spec_replicas == 20);
  CHECK(world.revision("v2").spec_replicas == 2);
  world.abort();
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
}

TEST_CASE("a rollout at rest is healthy under a freeze; a release begins with its end") {
  World world = deployed();
  freeze(world);
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(find_condition(world.status().conditions, kFrozen) != nullptr);
  world.release("v2");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.canary_weight() == 0);
  CHECK(world.find_image("v2") != nullptr);
  SECTION("to the stable revision again it goes at once") {
    world.release("v1");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("it goes on") {
    thaw(world);
    world.settle();
    CHECK(world.canary_weight() == 10);
  }
}

TEST_CASE("a first revision comes up under a freeze") {
  World world({.replicas = 4, .steps = mission_steps()});
  freeze(world);
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.revision("v1").available_replicas == 4);
}

TEST_CASE("under a freeze a rollback to an older revision goes through at once") {
  World world = deployed();
  world.release("v2");
  world.promote_full();
  world.settle();
  world.promote_full();
  world.settle();
  REQUIRE(world.status().stable_rs == world.hash("v2"));
  freeze(world);
  world.release("v1");
  SECTION("by `sluice rollback`") {
    world.rollout().meta.annotations["sluice.dev/rollback-to"] = world.hash("v1");
  }
  SECTION("within the rollback window") {
    world.rollout().spec.rollback_window_revisions = 3;
  }
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("under a freeze a bad verdict takes the traffic back") {
  World world({.replicas = 4, .steps = {set_weight(50), analysis()}});
  world.settle();
  world.release("v2");
  for (int i = 0; i < 30 && world.snapshot.analysis_runs.empty(); ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(world.canary_weight() == 50);
  freeze(world);
  SECTION("a good one is not acted upon") {
    world.snapshot.analysis_runs.at(0).phase = crds::AnalysisPhase::Successful;
    world.settle();
    CHECK(world.canary_weight() == 50);
    CHECK(world.status().current_step_index == 1);
  }
  SECTION("a bad one") {
    world.snapshot.analysis_runs.at(0).phase = crds::AnalysisPhase::Failed;
    world.reconcile();
    CHECK(world.canary_weight() == 0);
  }
}

TEST_CASE("no deadline passes under a freeze") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.rollout().spec.progress_deadline_abort = true;
  world.broken_images = {"v2"};
  world.release("v2");
  world.settle();
  freeze(world);
  world.reconcile();
  world.advance(1h);
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  thaw(world);
  world.reconcile();
  CHECK_FALSE(world.status().abort);
}

TEST_CASE("a freeze keeps the users of a blue-green rollout where they are") {
  World world = blue_green();
  freeze(world);
  world.release("v2");
  world.settle();
  CHECK(world.snapshot.service("shop-active").selector_hash == world.hash("v1"));
  CHECK(world.status().message == kSentence);
  thaw(world);
  world.settle();
  CHECK(world.snapshot.service("shop-active").selector_hash == world.hash("v2"));
  SECTION("the one before is taken back at once while its pods stand by") {
    freeze(world);
    world.release("v1");
    world.settle();
    CHECK(world.snapshot.service("shop-active").selector_hash == world.hash("v1"));
  }
}

TEST_CASE("a freeze that nobody understands holds, and says so") {
  World world = deployed();
  world.release("v2");
  world.settle();
  freeze(world);
  world.snapshot.freezes[0].problem = "data.until: a freeze has reason, by and since";
  world.promote();
  world.settle();
  CHECK(world.canary_weight() == 10);
  CHECK(world.status().message.find("data.until") != std::string::npos);
}
