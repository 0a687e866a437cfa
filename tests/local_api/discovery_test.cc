#include "local/api/discovery.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

ResourceTypePtr make_type(std::string group, std::string version, std::string plural,
                          std::string kind) {
  auto type = std::make_shared<ResourceType>();
  type->group = std::move(group);
  type->version = std::move(version);
  type->plural = std::move(plural);
  type->singular = "one";
  type->kind = std::move(kind);
  type->short_names = {"ro"};
  type->verbs = {"get", "list"};
  type->has_status = true;
  type->scale = ScalePaths{"spec.replicas", "status.replicas", ""};
  return type;
}

const ResourceTypes kTypes = {make_type("", "v1", "pods", "Pod"),
                              make_type("argoproj.io", "v1", "rollouts", "Rollout"),
                              make_type("argoproj.io", "v1alpha1", "rollouts", "Rollout")};

}  // namespace

TEST_CASE("groups list their versions, the preferred one first") {
  const Json groups = Json::parse(group_list(kTypes));
  REQUIRE(groups["groups"].size() == 1);
  CHECK(groups["groups"][0]["preferredVersion"]["groupVersion"] == "argoproj.io/v1");
  CHECK(groups["groups"][0]["versions"].size() == 2);
  CHECK(Json::parse(*group_document(kTypes, "argoproj.io"))["kind"] == "APIGroup");
  CHECK_FALSE(group_document(kTypes, "nope"));
}

TEST_CASE("a version lists its resources and what lies below them") {
  const Json list = Json::parse(*resource_list(kTypes, "argoproj.io", "v1alpha1"));
  CHECK(list["groupVersion"] == "argoproj.io/v1alpha1");
  REQUIRE(list["resources"].size() == 3);
  CHECK(list["resources"][0]["name"] == "rollouts");
  CHECK(list["resources"][0]["shortNames"] == Json{"ro"});
  CHECK(list["resources"][1]["name"] == "rollouts/status");
  CHECK_FALSE(list["resources"][1].contains("group"));
  CHECK(list["resources"][2]["kind"] == "Scale");
  CHECK(list["resources"][2]["group"] == "autoscaling");
  CHECK_FALSE(resource_list(kTypes, "argoproj.io", "v9"));
}
