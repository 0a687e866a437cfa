#include "base/object_condition.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

TEST_CASE("a condition is found by its type, whatever else the status holds", "[condition]") {
  const Json status = {{"conditions",
                        {"odd",
                         {{"type", "Ready"}, {"status", "True"}, {"reason", "Up"}},
                         {{"type", "Failed"}, {"status", "Unknown"}}}}};
  REQUIRE(find_condition(status, "Ready") != nullptr);
  CHECK(string_at(*find_condition(status, "Ready"), "reason") == "Up");
  CHECK(has_condition(status, "Ready"));
  CHECK_FALSE(has_condition(status, "Failed"));
  CHECK(find_condition(status, "Complete") == nullptr);
  for (const Json& other : {Json(), Json("x"), Json::object(), Json{{"conditions", nullptr}},
                            Json{{"conditions", {{"type", "Ready"}}}}}) {
    INFO(other);
    CHECK(find_condition(other, "Ready") == nullptr);
    CHECK_FALSE(has_condition(other, "Ready"));
  }
}

}  // namespace
}  // namespace sluice
