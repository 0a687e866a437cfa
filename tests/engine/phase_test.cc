#include "engine/phase.h"

#include "crds/names.h"
#include "engine/canary/steps.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;

namespace {

crds::RolloutStatus whole(int32_t replicas) {
  crds::RolloutStatus status;
  status.replicas = status.updated_replicas = status.available_replicas = replicas;
  status.stable_rs = status.current_pod_hash = "abc";
  return status;
}

crds::RolloutSpec canary_spec(int32_t replicas) {
  crds::RolloutSpec spec;
  spec.replicas = replicas;
  spec.strategy.emplace<crds::CanaryStrategy>();
  return spec;
}

}  // namespace

TEST_CASE("the phase is decided in the documented order") {
  crds::RolloutSpec spec = canary_spec(3);
  crds::RolloutStatus status = whole(3);
  CHECK(decide_phase(spec, status) == PhaseAndMessage{crds::RolloutPhase::Healthy, ""});

  status.current_pod_hash = "def";
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Progressing, "waiting for all steps to complete"});
  status.replicas = 4;
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Progressing, "old replicas are pending termination"});
  status.available_replicas = 2;
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Progressing,
                        "updated replicas are still becoming available"});
  status.updated_replicas = 1;
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Progressing, "more replicas need to be updated"});
  status.pause_conditions.push_back({"CanaryPauseStep", {}});
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Paused, "CanaryPauseStep"});
  spec.paused = true;
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Paused, "manually paused"});
  set_condition(status.conditions, kProgressingCondition, false, kRolloutAborted, "why", {});
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Degraded, "RolloutAborted: why"});
  set_condition(status.conditions, kInvalidSpec, true, kInvalidSpec, "what", {});
  CHECK(decide_phase(spec, status) ==
        PhaseAndMessage{crds::RolloutPhase::Degraded, "InvalidSpec: what"});
}

TEST_CASE("a routed rollout is healthy while the old revision still waits for its end") {
  crds::RolloutSpec spec = canary_spec(3);
  spec.canary()->traffic_routing.emplace();
  crds::RolloutStatus status = whole(3);
  status.replicas = 6;
  CHECK(decide_phase(spec, status).phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("conditions keep their times until something changes") {
  Conditions conditions;
  const SystemTime first = *parse_time("2026-11-21T10:00:00Z");
  const SystemTime second = *parse_time("2026-11-21T10:00:01Z");
  set_condition(conditions, "A", true, "R", "m", first);
  set_condition(conditions, "A", true, "R", "m", second);
  CHECK(conditions.front().last_update_time == first);
  set_condition(conditions, "A", true, "R", "other", second);
  CHECK(conditions.front().last_update_time == second);
  CHECK(conditions.front().last_transition_time == first);
  set_condition(conditions, "A", false, "R", "other", second);
  CHECK(conditions.front().last_transition_time == second);
  remove_condition(conditions, "A");
  CHECK(conditions.empty());
}

TEST_CASE("what the steps ask for at an index") {
  const std::vector<crds::Step> steps = {
      test::set_weight(10),
      crds::SetCanaryScaleStep{.replicas = 3},
      test::pause_step(),
      crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}},
      crds::SetCanaryScaleStep{.match_traffic_weight = true},
      test::set_weight(50),
      crds::SetHeaderRouteStep{"dark", {}}};
  CHECK(canary::weight_in_force(steps, -1, 100) == 0);
  CHECK(canary::weight_in_force(steps, 0, 100) == 10);
  CHECK(canary::weight_in_force(steps, 4, 100) == 10);
  CHECK(canary::weight_in_force(steps, 6, 100) == 50);
  CHECK(canary::weight_in_force(steps, 7, 1000) == 1000);
  CHECK(canary::scale_in_force(steps, 0) == nullptr);
  REQUIRE(canary::scale_in_force(steps, 3) != nullptr);
  CHECK(canary::scale_in_force(steps, 3)->replicas == 3);
  CHECK(canary::scale_in_force(steps, 4) == nullptr);
  CHECK(canary::scale_in_force(steps, 7) == nullptr);
  CHECK(canary::header_routes_in_force(steps, 2, {"dark"}).empty());
  CHECK(canary::header_routes_in_force(steps, 5, {"dark"}).size() == 1);
  CHECK(canary::header_routes_in_force(steps, 5, {"other"}).empty());
  CHECK(canary::header_routes_in_force(steps, 6, {"dark"}).empty());
  const crds::SetMirrorRouteStep copies{"copies", {{.path = {.exact = "/"}}}, 20};
  const std::vector<crds::Step> mirrors = {
      copies, crds::SetHeaderRouteStep{"dark", {{"x-canary", {.exact = "1"}}}},
      crds::SetMirrorRouteStep{"dark", {{}}, std::nullopt},
      crds::SetMirrorRouteStep{"copies", {}, std::nullopt}};
  const std::vector<std::string> both{"dark", "copies"};
  CHECK(canary::mirror_routes_in_force(mirrors, 0, both) ==
        std::vector<crds::MirrorRoute>{{"copies", copies.match, 20}});
  CHECK(canary::mirror_routes_in_force(mirrors, 2, both) ==
        std::vector<crds::MirrorRoute>{{"dark", {{}}, 100}, {"copies", copies.match, 20}});
  CHECK(canary::header_routes_in_force(mirrors, 1, both).size() == 1);
  CHECK(canary::header_routes_in_force(mirrors, 2, both).empty());
  CHECK(canary::mirror_routes_in_force(mirrors, 3, both).size() == 1);
  CHECK(canary::describe(copies) == "setMirrorRoute: copies");
  CHECK(canary::describe(steps[0]) == "setWeight: 10");
  CHECK(canary::describe(test::pause_step(std::chrono::seconds(90))) == "pause: 1m30s");
}

TEST_CASE("a stable revision without pods is not healthy, whatever other revisions have") {
  test::World world = test::deployed();
  ReplicaSet other = world.revision("v1");
  other.name = "shop-other";
  other.uid = "other";
  other.labels[std::string(crds::kPodTemplateHashLabel)] = "other";
  other.created_at -= std::chrono::hours(1);
  other.annotations[std::string(crds::kRevisionAnnotation)] = "0";
  world.revision("v1").available_replicas = 0;
  world.snapshot.replica_sets.push_back(other);
  const Plan made = plan(world.snapshot);
  CHECK(made.status.available_replicas >= made.status.updated_replicas);
  CHECK(made.status.phase == crds::RolloutPhase::Progressing);
  CHECK(made.status.message == "0 of 10 pods of revision 1 are available");
}
