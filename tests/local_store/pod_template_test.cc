// ReplicaSets and Rollouts are taken or refused as a real API server takes or refuses the
// ReplicaSet.

#include "tests/core/pod_templates.h"
#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

namespace sluice::local {
namespace {

TEST_CASE("a ReplicaSet is refused where a real API server refuses it", "[registry]") {
  RegistryFixture world;
  const ResourceTypePtr type = world.registry->find_type("apps", "v1", "replicasets");
  REQUIRE(type != nullptr);
  int number = 0;
  for (const auto& row : core::recorded_templates(SLUICE_POD_TEMPLATES)) {
    INFO(row.label << ": " << row.said);
    const Json object = {{"apiVersion", "apps/v1"},
                         {"kind", "ReplicaSet"},
                         {"metadata", {{"name", "p" + std::to_string(++number)}}},
                         {"spec", {{"selector", row.selector}, {"template", row.pod_template}}}};
    WriteOptions options;
    options.field_validation = FieldValidation::Strict;
    const auto made = world.registry->create(*type, "default", dump_json(object), options);
    CAPTURE(made ? "" : made.error().message);
    CHECK(made.has_value() != row.refused);
    if (made) continue;
    const bool undecodable = row.said.starts_with("Error from server (BadRequest)");
    CHECK(made.error().code == (undecodable ? 400 : 422));
  }
}

}  // namespace
}  // namespace sluice::local
