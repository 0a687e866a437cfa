#include "local/api/table_json_path.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

const Json kObject = Json::parse(R"({
  "metadata": {"labels": {"app.kubernetes.io/name": "shop"}},
  "spec": {"size": 3, "list": [{"a": 1}, {"a": 2}], "odd key": true},
  "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]}
})");

std::string found(std::string_view path) {
  std::string text;
  for (const Json* value : find_by_json_path(kObject, path))
    text += (text.empty() ? "" : " ") + value->dump();
  return text;
}

}  // namespace

TEST_CASE("paths of printer columns") {
  CHECK(found(".spec.size") == "3");
  CHECK(found("{.spec.size}") == "3");
  CHECK(found("$.spec.size") == "3");
  CHECK(found(".spec['odd key']") == "true");
  CHECK(found(".spec.list[0].a") == "1");
  CHECK(found(".spec.list[-1].a") == "2");
  CHECK(found(".spec.list[*].a") == "1 2");
  CHECK(found(R"(.metadata.labels.app\.kubernetes\.io/name)") == R"("shop")");
  CHECK(found(R"(.status.conditions[?(@.type=="Ready")].status)") == R"("True")");
  CHECK(found(R"(.status.conditions[?(@.type=='Other')].status)") == R"("False")");
}

TEST_CASE("what is not there, or not understood, is nothing") {
  for (const char* path :
       {".spec.nope", ".spec.size.deeper", ".spec.list[7]", ".spec.list[x]", ".spec.list[",
        ".spec..size", R"(.status.conditions[?(@.type=="No")])"}) {
    INFO(path);
    CHECK(found(path).empty());
  }
}
