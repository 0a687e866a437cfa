// What is left of a split between Services that a Rollout names no longer.

#include "traffic/former_router.h"

#include "traffic/gateway_api_router.h"
#include "traffic/gateway_api_rules.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::traffic {
namespace {

using crds::Routes;

Json split(const std::vector<std::pair<std::string, int>>& backends) {
  Json refs = Json::array();
  for (const auto& [name, weight] : backends)
    refs.push_back({{"name", name}, {"port", 80}, {"weight", weight}});
  return {{"backendRefs", refs}};
}

/// 30 for "new", with a former canary "old" beside the same stable Service.
Routes renamed_canary() {
  Routes routes = crds::two_way_routes("stable", "new", 100, 30);
  routes.former = {{.stable = "stable", .canary = "old"}};
  return routes;
}

Json edited(const Json& rule, const Routes& routes) {
  const auto rules = edit_rules(Json::array({rule}), routes, true);
  REQUIRE(rules);
  return rules->rules.at(0);
}

}  // namespace

TEST_CASE("a former canary loses what it has, wherever it stands", "[former]") {
  struct Case {
    const char* name;
    Json before;
    Json after;
  };

  const Case cases[] = {{"alone with stable", split({{"stable", 80}, {"old", 20}}),
                         split({{"stable", 100}, {"old", 0}})},
                        {"beside the new one", split({{"stable", 80}, {"old", 20}, {"new", 0}}),
                         split({{"stable", 70}, {"old", 0}, {"new", 30}})},
                        {"with others", split({{"stable", 80}, {"old", 20}, {"audit", 5}}),
                         split({{"stable", 100}, {"old", 0}, {"audit", 5}})}};
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(former_weight_of(Json::array({one.before}), renamed_canary()) == 20);
    CHECK(edited(one.before, renamed_canary()) == one.after);
    CHECK(former_weight_of(Json::array({one.after}), renamed_canary()) == 0);
  }
}

TEST_CASE("a rule in which the former canary is alone is somebody's own", "[former]") {
  const Json preview = split({{"old", 1}});
  Routes routes = only_former(renamed_canary());
  CHECK(edited(preview, routes) == preview);
  CHECK(former_weight_of(Json::array({preview}), routes) == 0);
}

TEST_CASE("a former canary keeps what its stable Service cannot bear", "[former]") {
  Routes routes = only_former(renamed_canary());
  routes.former[0].most = 60;
  CHECK(edited(split({{"stable", 20}, {"old", 80}}), routes) ==
        split({{"stable", 40}, {"old", 60}}));
  CHECK(edited(split({{"stable", 50}, {"old", 50}}), routes) ==
        split({{"stable", 50}, {"old", 50}}));
}

TEST_CASE("former managed routes are removed, those of others stay", "[former]") {
  Json beta = split({{"old", 1}});
  beta["name"] = "beta";
  Json foreign = split({{"other", 1}});
  foreign["name"] = "beta";
  Routes routes = renamed_canary();
  routes.former[0].managed = {"beta"};
  const Json rules = Json::array({beta, foreign, split({{"stable", 100}, {"new", 0}})});
  CHECK(former_weight_of(rules, routes) == 100);
  const auto after = edit_rules(rules, routes, true);
  REQUIRE(after);
  CHECK(after->rules == Json::array({foreign, split({{"stable", 70}, {"new", 30}})}));
}

TEST_CASE("a former router leaves objects alone that others write, and misses none", "[former]") {
  Json route = {{"metadata", {{"name", "shop"}, {"namespace", "default"}}},
                {"spec", {{"rules", Json::array({split({{"stable", 80}, {"old", 20}})})}}}};
  const FindObject find = [&](const ObjectRef& ref) {
    return ref.key.name == "shop" ? &route : nullptr;
  };
  const auto make = [] {
    return *gateway_api_router().make(
        Json{{"httpRoutes", Json::array({{{"name", "shop"}}, {{"name", "gone"}}})}},
        {{"default", "shop"}, "uid"}, "path");
  };
  const Routes routes = renamed_canary();
  const auto free = former_router(make(), {});
  CHECK(free->observe(routes, find).former_weight == 20);
  CHECK(free->render(routes, find)->size() == 1);
  const auto bound = former_router(make(), {free->objects().front()});
  CHECK(bound->objects().size() == 1);
  CHECK(bound->observe(routes, find).former_weight == 0);
  CHECK(bound->render(routes, find)->empty());
}

}  // namespace sluice::traffic
