#include "crds/field_pointer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

TEST_CASE("fields and pointers name the same places", "[lint]") {
  const Json object = Json::parse(R"({
    "metadata": {"labels": {"app.kubernetes.io/name": "shop", "app": "x"}},
    "spec": {"steps": [{"setWeight": 1}, {"pause": {}}], "nested": [[1, 2]],
             "plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop"}}}
  })");

  struct Case {
    std::string_view field;
    std::string_view pointer;
  };

  const auto row = GENERATE(values<Case>({
      {"", ""},
      {"spec", "/spec"},
      {"spec.steps[1].pause", "/spec/steps/1/pause"},
      {"spec.nested[0][1]", "/spec/nested/0/1"},
      {"spec.steps[0].missing.deeper", "/spec/steps/0"},
      {"spec.steps[7].pause", "/spec/steps"},
      {"spec.steps[x]", "/spec/steps"},
      {"nowhere", ""},
      {"metadata.labels.app.kubernetes.io/name", "/metadata/labels/app.kubernetes.io~1name"},
      {"metadata.labels[app.kubernetes.io/name]", "/metadata/labels/app.kubernetes.io~1name"},
      {"metadata.labels.app", "/metadata/labels/app"},
      {"spec.plugins.argoproj-labs/gatewayAPI.httpRoute",
       "/spec/plugins/argoproj-labs~1gatewayAPI/httpRoute"},
  }));
  CAPTURE(row.field);
  CHECK(to_pointer(object, row.field) == row.pointer);
}

TEST_CASE("a pointer is written as a field", "[lint]") {
  CHECK(to_field("").empty());
  CHECK(to_field("/spec/steps/1/pause") == "spec.steps[1].pause");
  CHECK(to_field("/metadata/labels/a~1b~0c") == "metadata.labels.a/b~c");
}

}  // namespace
}  // namespace sluice::crds
