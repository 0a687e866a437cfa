#include "local/store/disruption_budget.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

struct Counts {
  int64_t needed;
  int64_t allowed;
};

/// Ten pods of the shop, `healthy` of them ready, and one of somebody else.
Counts counted(const char* amounts, int healthy) {
  Json spec = Json::parse(amounts);
  spec["selector"]["matchLabels"]["app"] = "shop";
  DisruptionBudget budget(spec);
  for (int i = 0; i < 10; ++i) budget.count({{"app", "shop"}}, i < healthy);
  budget.count({{"app", "other"}}, true);
  CHECK(budget.pods() == 10);
  CHECK(budget.healthy() == healthy);
  return {budget.needed(), budget.allowed()};
}

}  // namespace

TEST_CASE("a budget lets as many go as it does not need", "[disruption_budget]") {
  struct Case {
    const char* amounts;
    int healthy;
    Counts counts;
  };

  const auto [amounts, healthy, counts] = GENERATE(values<Case>({
      {R"({"minAvailable": 8})", 10, {8, 2}},
      {R"({"minAvailable": 8})", 7, {8, 0}},
      {R"({"minAvailable": "75%"})", 10, {8, 2}},
      {R"({"maxUnavailable": 1})", 10, {9, 1}},
      {R"({"maxUnavailable": 0})", 10, {10, 0}},
      {R"({"maxUnavailable": "25%"})", 10, {7, 3}},
      {R"({"maxUnavailable": 20})", 3, {0, 3}},
      {R"({})", 10, {0, 10}},
  }));
  INFO(amounts << ", " << healthy << " healthy");
  CHECK(counted(amounts, healthy).needed == counts.needed);
  CHECK(counted(amounts, healthy).allowed == counts.allowed);
}

TEST_CASE("a budget without a selector is about no pod, and one without pods lets nobody go",
          "[disruption_budget]") {
  const Json without = {{"minAvailable", 1}};
  CHECK_FALSE(DisruptionBudget(without).is_about({{"app", "shop"}}));
  const Json empty = {{"selector", Json::object()}};
  CHECK(DisruptionBudget(empty).is_about({{"app", "shop"}}));
  CHECK(DisruptionBudget(empty).allowed() == 0);
}
