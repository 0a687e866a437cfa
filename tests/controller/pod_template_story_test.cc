// Rollouts with the pod templates that a real API server was asked about: each that it refuses is
// refused by the API or shown as InvalidSpec at once, and no ReplicaSet is claimed.

#include "tests/controller/controller_world.h"
#include "tests/core/pod_templates.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

TEST_CASE("templates that a real API server refuses never become ReplicaSets") {
  ControllerWorld world;
  world.start_controller();
  const auto type = world.registry->find_type("argoproj.io", "v1alpha1", "rollouts");
  local::WriteOptions strict;
  strict.field_validation = local::FieldValidation::Strict;
  int number = 0;
  for (const auto& row : core::recorded_templates(SLUICE_POD_TEMPLATES)) {
    const std::string name = "shop-" + std::to_string(++number);
    INFO(row.label << ": " << row.said);
    const Json rollout = {{"apiVersion", "argoproj.io/v1alpha1"},
                          {"kind", "Rollout"},
                          {"metadata", {{"name", name}}},
                          {"spec",
                           {{"replicas", 0},
                            {"selector", row.selector},
                            {"template", row.pod_template},
                            {"strategy", {{"canary", Json::object()}}}}}};
    const size_t before = world.list("ReplicaSet").size();
    world.events.codes.clear();
    const auto made = world.registry->create(*type, "default", dump_json(rollout), strict);
    world.clock.settle();
    const Json now = world.get("Rollout", name);
    const bool shown = string_at(now, "status.message").starts_with("InvalidSpec: ");
    CAPTURE(now.dump());
    CHECK((!made || shown) == row.refused);
    CHECK(world.list("ReplicaSet").size() == before + (row.refused ? 0 : 1));
    CHECK(world.events.was_told("NewReplicaSetCreated") != row.refused);
    if (made) world.remove("Rollout", name);
    world.clock.settle();
  }
}
