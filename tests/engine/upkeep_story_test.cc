// Deadlines, history, broken specs, lost and foreign state.

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

std::string progressing_reason(const World& world) {
  const crds::Condition* found = find_condition(world.status().conditions, kProgressingCondition);
  return found == nullptr ? "" : found->reason;
}

}  // namespace

TEST_CASE("the progress deadline") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.broken_images = {"v2"};
  world.release("v2");
  world.reconcile();
  world.tick();
  SECTION("shows that nothing moves, and heals") {
    world.advance(std::chrono::seconds(61));
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
    CHECK(progressing_reason(world) == kProgressDeadlineExceeded);
    world.broken_images.clear();
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
  }
  SECTION("aborts where that is asked for") {
    world.rollout().spec.progress_deadline_abort = true;
    world.advance(std::chrono::seconds(61));
    world.settle();
    CHECK(world.status().abort);
    CHECK(progressing_reason(world) == kRolloutAborted);
    // The next, good release starts with a fresh deadline.
    world.release("v3");
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.canary_weight() == 10);
  }
  SECTION("counts anew for a retry") {
    world.rollout().spec.progress_deadline_abort = true;
    world.advance(std::chrono::seconds(61));
    world.settle();
    REQUIRE(world.status().abort);
    world.advance(std::chrono::seconds(300));
    world.retry();
    world.reconcile();
    world.advance(std::chrono::seconds(59));
    world.reconcile();
    CHECK_FALSE(world.status().abort);
    world.advance(std::chrono::seconds(1));
    world.reconcile();
    CHECK(world.status().abort);
  }
  SECTION("is not put off by pods that are there, where the CRD drops what is remembered of them") {
    for (int i = 0; i < 70; ++i) {
      world.reconcile();
      world.rollout().status.most_available_replicas = 0;
      world.tick();
      world.revision("v2").ready_replicas = 1;
      world.revision("v2").available_replicas = 1;
      world.routers_stuck = true;
    }
    CHECK(progressing_reason(world) == kProgressDeadlineExceeded);
  }
  SECTION("is not put off by pods that flap") {
    for (int i = 0; i < 70; ++i) {
      world.reconcile();
      world.tick();
      world.revision("v2").available_replicas = i % 2;
      if (i % 2 == 1) world.snapshot.routers.front().state = RouterState::Pending;
      world.routers_stuck = true;
    }
    CHECK(progressing_reason(world) == kProgressDeadlineExceeded);
  }
}

TEST_CASE("old revisions beyond the history limit go") {
  World world({.replicas = 1, .routed = false, .steps = {}});
  world.rollout().spec.revision_history_limit = 2;
  world.settle();
  for (const char* image : {"v2", "v3", "v4", "v5"}) {
    world.release(image);
    world.settle();
  }
  CHECK(world.snapshot.replica_sets.size() == 3);
  CHECK(world.find_image("v2") == nullptr);
  CHECK(world.find_image("v3") != nullptr);
}

TEST_CASE("the revision to return to outlives any number of aborted releases") {
  World world({.replicas = 1, .routed = false, .steps = {set_weight(50), pause_step()}});
  world.rollout().spec.revision_history_limit = 2;
  world.settle();
  world.release("v2");
  world.settle();
  world.promote_full();
  world.settle();
  for (const char* image : {"bad1", "bad2", "bad3", "bad4"}) {
    world.release(image);
    world.settle();
    world.abort();
    world.settle();
  }
  world.release("v2");
  world.settle();
  CHECK(world.find_image("v1") != nullptr);
  CHECK(world.find_image("bad3") == nullptr);
  CHECK(world.find_image("bad4") != nullptr);
}

TEST_CASE("no number is given to a second revision, whichever ReplicaSets are deleted") {
  World world = deployed();
  const auto lose = [&](const std::string& image) {
    const std::string name = world.find_image(image)->name;
    std::erase_if(world.snapshot.replica_sets,
                  [&](const ReplicaSet& one) { return one.name == name; });
  };
  world.release("v2");
  world.settle();
  CHECK(world.revision("v2").revision() == 2);
  lose("v2");
  world.settle();
  CHECK(world.revision("v2").revision() == 2);  // Made again.
  lose("v2");
  world.release("v3");
  world.settle();
  CHECK(world.revision("v3").revision() == 3);
}

TEST_CASE("only the newest old revisions enjoy the scale-down delay") {
  World world({.replicas = 1, .steps = {}});
  world.canary().scale_down_delay_seconds = 1000;
  world.canary().scale_down_delay_revision_limit = 1;
  world.settle();
  for (const char* image : {"v2", "v3"}) {
    world.release(image);
    world.settle();
  }
  CHECK(world.revision("v1").spec_replicas == 0);
  CHECK(world.revision("v2").spec_replicas == 1);
  CHECK(world.revision("v3").spec_replicas == 1);
}

TEST_CASE("what was aborted keeps its pods while the canary Service leads to them") {
  World world({.replicas = 4, .steps = {crds::SetCanaryScaleStep{.replicas = 2}, pause_step()}});
  world.settle();
  world.release("v2");
  world.settle();
  REQUIRE(world.serving_behind("shop-canary") == 2);
  world.judges = false;
  world.broken_images = {"v1"};
  world.tick();
  world.abort();
  world.settle();
  world.advance(std::chrono::minutes(5));
  world.settle();
  CHECK(world.serving_behind("shop-canary") == 2);
  world.broken_images = {};
  world.settle();
  CHECK(world.serving_behind("shop-canary") == 4);
  CHECK(world.revision("v2").spec_replicas == 2);
  world.advance(std::chrono::minutes(1));
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 0);
}

TEST_CASE("an invalid spec stands still, says why, and heals") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.snapshot.problems = {{"spec.strategy.canary.steps[0].setWeight", "must be 0 to 100"}};
  world.release("v3");
  const Plan made = world.reconcile();
  CHECK(made.actions.empty());
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.status().message.find("InvalidSpec: ") == 0);
  CHECK(world.status().message.find("must be 0 to 100") != std::string::npos);
  CHECK(made.wake_after);
  SECTION("an abort still takes the traffic back, and changes no size") {
    world.rollout().spec.replicas = 1;
    world.abort();
    const Plan retreat = world.reconcile();
    CHECK(world.canary_weight() == 0);
    CHECK(world.revision("v1").spec_replicas == 10);
    CHECK(world.find_image("v3") == nullptr);
    CHECK(world.status().message.find("InvalidSpec: ") == 0);
    CHECK(world.status().abort);
    world.tick();
    world.reconcile();
    world.tick();
    CHECK(plan(world.snapshot).status == world.status());
    CHECK(plan(world.snapshot).actions.empty());
  }
  SECTION("mended") {
    world.snapshot.problems.clear();
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK(world.find_image("v3") != nullptr);
  }
}

TEST_CASE("a Service that was deleted gets no traffic") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 10);
  SECTION("that of the canary: all goes to the stable one until it is back") {
    world.snapshot.problems = {{"spec.strategy.canary.canaryService", "not found"}};
    world.snapshot.services["shop-canary"] = {};
    world.reconcile();
    CHECK(world.canary_weight() == 0);
    world.snapshot.problems.clear();
    world.snapshot.services["shop-canary"].exists = true;
    world.settle();
    CHECK(world.canary_weight() == 10);
  }
  SECTION("the stable one: an abort puts the canary Service in front of the stable revision") {
    world.snapshot.problems = {{"spec.strategy.canary.stableService", "not found"}};
    world.snapshot.services["shop-stable"] = {};
    world.abort();
    world.reconcile();
    CHECK(world.canary_weight() == 10);
    CHECK(world.snapshot.services["shop-canary"].selector_hash == world.hash("v1"));
    const auto& waits = world.status().waiting_for;
    CHECK(std::ranges::any_of(waits, [](const crds::Wait& wait) {
      return wait.reason == kStableLacksCapacity &&
             wait.message ==
                 "canary weight stays at 10 instead of 0: service shop-stable is missing";
    }));
    world.snapshot.problems.clear();
    world.snapshot.services["shop-stable"].exists = true;
    world.settle();
    CHECK(world.canary_weight() == 0);
  }
}

TEST_CASE("what the engine cannot run is refused by name") {
  World world = deployed();
  world.canary().steps.push_back(crds::UnsupportedStep{"experiment", make_json_text("{}")});
  world.reconcile();
  CHECK(world.status().message.find("spec.strategy.canary.steps[9].experiment") !=
        std::string::npos);
}

TEST_CASE("a lost status does no harm") {
  World world = deployed();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  REQUIRE(world.canary_weight() == 30);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.snapshot.replica_sets.size() == 2);
  CHECK(world.canary_weight() == 10);
}

TEST_CASE("a ReplicaSet that another writer labelled is adopted") {
  World world = deployed();
  const std::string label(crds::kPodTemplateHashLabel);
  world.revision("v1").labels[label] = "fromargo";
  world.rollout().status.stable_rs = world.rollout().status.current_pod_hash = "fromargo";
  for (auto& [name, service] : world.snapshot.services) service.selector_hash = "fromargo";
  const Plan made = plan(world.snapshot);
  CHECK(made.actions.empty());
  CHECK(made.status.current_pod_hash == "fromargo");
}

TEST_CASE("a name that somebody else took leads to another hash") {
  World world({.replicas = 1, .steps = {}});
  const Plan first = plan(world.snapshot);
  const auto created =
      std::find_if(first.actions.begin(), first.actions.end(),
                   [](const Action& a) { return std::holds_alternative<CreateReplicaSet>(a); });
  REQUIRE(created != first.actions.end());
  const std::string taken = std::get<CreateReplicaSet>(*created).name;
  world.snapshot.names_taken = {taken};
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.status().collision_count == 1);
  CHECK(world.snapshot.replica_sets.front().name != taken);
}

TEST_CASE("Services that another workload stands behind are narrowed only to a full revision") {
  World world({.replicas = 4, .steps = mission_steps()});
  world.reconcile();
  world.revision("v1").replicas = 4;
  world.revision("v1").available_replicas = 3;
  world.reconcile();
  CHECK(world.snapshot.services["shop-stable"].selector_hash == "");
  world.revision("v1").available_replicas = 4;
  world.reconcile();
  CHECK(world.snapshot.services["shop-stable"].selector_hash == world.hash("v1"));
  CHECK(world.snapshot.services["shop-stable"].managed_by == "shop");
}

TEST_CASE("a Rollout that is being deleted is left alone") {
  World world = deployed();
  world.release("v2");
  world.rollout().meta.deletion_timestamp = world.snapshot.now;
  CHECK(plan(world.snapshot).actions.empty());
  CHECK(plan(world.snapshot).status == world.status());
}
