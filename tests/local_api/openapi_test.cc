#include "local/api/openapi.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

ResourceTypes make_types() {
  auto type = std::make_shared<ResourceType>();
  type->group = "argoproj.io";
  type->version = "v1alpha1";
  type->plural = "rollouts";
  type->kind = "Rollout";
  type->list_kind = "RolloutList";
  type->custom = true;
  type->schema_document = std::make_shared<const Json>(
      Json{{"type", "object"}, {"properties", {{"spec", {{"type", "object"}}}}}});
  return {type};
}

}  // namespace

TEST_CASE("the index leads to one document a group version") {
  const Json index = Json::parse(openapi_index(make_types(), 3));
  CHECK(index["paths"]["apis/argoproj.io/v1alpha1"]["serverRelativeURL"] ==
        "/openapi/v3/apis/argoproj.io/v1alpha1?hash=3");
}

TEST_CASE("a document has what kubectl looks for") {
  const ResourceTypes types = make_types();
  const Json document = Json::parse(*openapi_document(types, "argoproj.io", "v1alpha1"));
  const Json gvk = {{"group", "argoproj.io"}, {"version", "v1alpha1"}, {"kind", "Rollout"}};
  const std::string collection = "/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts";
  CHECK(document["paths"][collection]["get"]["x-kubernetes-group-version-kind"] == gvk);
  const Json& patch = document["paths"][collection + "/{name}"]["patch"];
  CHECK(patch["x-kubernetes-group-version-kind"] == gvk);
  CHECK_FALSE(patch.contains("requestBody"));
  CHECK(patch["parameters"][2]["name"] == "fieldValidation");
  const Json& schema = document["components"]["schemas"]["io.argoproj.v1alpha1.Rollout"];
  CHECK(schema["x-kubernetes-group-version-kind"] == Json::array({gvk}));
  CHECK(schema["properties"].contains("spec"));
  CHECK(schema["properties"]["metadata"]["allOf"][0]["$ref"] ==
        "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  CHECK_FALSE(openapi_document(types, "argoproj.io", "v9"));
}
