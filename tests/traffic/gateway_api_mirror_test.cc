#include "traffic/gateway_api_mirror.h"

#include "traffic/gateway_api_rules.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sluice::traffic {
namespace {

using crds::MirrorRoute;
using crds::Routes;

Json shop_rules() {
  return Json::parse(R"([
    {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
     "backendRefs": [{"name": "shop-stable", "port": 80}, {"name": "shop-canary", "port": 80}]},
    {"backendRefs": [{"name": "static", "port": 80}]}])");
}

Routes mirrored(int32_t percentage, std::vector<crds::RequestMatch> match = {{}}) {
  Routes routes = crds::two_way_routes("shop-stable", "shop-canary", 100, 10);
  routes.managed = {"beta", "shadow"};
  routes.mirror_routes = {{"shadow", std::move(match), percentage}};
  return routes;
}

const std::set<std::string> kShadow{"shadow"};

TEST_CASE("the requests of a rule and of a mirror route meet, or not at all", "[gateway_api]") {
  struct Row {
    const char* rule;  ///< One match of it.
    crds::RequestMatch wanted;
    const char* both;  ///< "" where there are no such requests, "?" where nobody can say.
  };

  const auto row = GENERATE(values<Row>({
      {R"({"path": {"type": "PathPrefix", "value": "/"}})",
       {},
       R"({"path": {"type": "PathPrefix", "value": "/"}})"},
      {R"({"path": {"type": "PathPrefix", "value": "/"}})",
       {.method = {.exact = "GET"}, .path = {.exact = "/buy"}},
       R"({"path": {"type": "Exact", "value": "/buy"}, "method": "GET"})"},
      {R"({"path": {"type": "PathPrefix", "value": "/"}})",
       {.path = {.regex = "/v[0-9]+"}},
       R"({"path": {"type": "RegularExpression", "value": "/v[0-9]+"}})"},
      {R"({"path": {"type": "PathPrefix", "value": "/api"}})",
       {.path = {.prefix = "/api/v2"}},
       R"({"path": {"type": "PathPrefix", "value": "/api/v2"}})"},
      {R"({"path": {"type": "PathPrefix", "value": "/api/v2"}})",
       {.path = {.prefix = "/api/"}},
       R"({"path": {"type": "PathPrefix", "value": "/api/v2"}})"},
      {R"({"path": {"type": "PathPrefix", "value": "/api"}})", {.path = {.prefix = "/apiary"}}, ""},
      {R"({"path": {"type": "PathPrefix", "value": "/api"}})", {.path = {.exact = "/buy"}}, ""},
      {R"({"path": {"type": "PathPrefix", "value": "/api"}})",
       {.path = {.exact = "/api"}},
       R"({"path": {"type": "Exact", "value": "/api"}})"},
      {R"({"path": {"type": "Exact", "value": "/api"}})",
       {.path = {.prefix = "/"}},
       R"({"path": {"type": "Exact", "value": "/api"}})"},
      {R"({"path": {"type": "PathPrefix", "value": "/api"}})", {.path = {.regex = "/.*"}}, "?"},
      {R"({"path": {"type": "RegularExpression", "value": "/.*"}})",
       {.path = {.exact = "/a"}},
       "?"},
      {R"({"path": {"type": "RegularExpression", "value": "/.*"}})",
       {.path = {.regex = "/.*"}},
       R"({"path": {"type": "RegularExpression", "value": "/.*"}})"},
      {R"({"method": "POST"})", {.method = {.exact = "GET"}}, ""},
      {R"({"headers": [{"name": "a", "type": "Exact", "value": "1"}]})",
       {.headers = {{"b", {.prefix = "x."}}}},
       R"({"headers": [{"name": "a", "type": "Exact", "value": "1"},
                       {"name": "b", "type": "RegularExpression", "value": "x\\..*"}]})"},
  }));
  CAPTURE(row.rule, row.both);
  const Json rule = {{"matches", Json::array({Json::parse(row.rule)})}};
  const auto both = narrowed_matches(rule, {"shadow", {row.wanted}, 100});
  const std::string expected = row.both;
  REQUIRE(both.has_value() == (expected != "?"));
  if (!both) return;
  CHECK(*both == (expected.empty() ? Json::array() : Json::array({Json::parse(expected)})));
}

TEST_CASE("each match of a rule meets each match of a mirror route", "[gateway_api]") {
  const Json rule = Json::parse(R"({"matches": [{"method": "GET"}, {"method": "POST"}]})");
  const MirrorRoute route{"shadow", {{.path = {.exact = "/a"}}, {.method = {.exact = "GET"}}}, 100};
  CHECK(narrowed_matches(rule, route)->size() == 3);
}

TEST_CASE("a mirror rule splits as its rule does and sends copies to the canary", "[gateway_api]") {
  const auto edited = edit_rules(shop_rules(), mirrored(25, {{.method = {.exact = "GET"}}}), true);
  REQUIRE(edited);
  CHECK_FALSE(edited->fault);
  REQUIRE(edited->rules.size() == 3);
  CHECK(edited->rules[0] == Json::parse(R"({
    "name": "shadow",
    "matches": [{"path": {"type": "PathPrefix", "value": "/"}, "method": "GET"}],
    "filters": [{"type": "RequestMirror", "requestMirror": {
      "backendRef": {"name": "shop-canary", "port": 80}, "percent": 25}}],
    "backendRefs": [{"name": "shop-stable", "port": 80, "weight": 90},
                    {"name": "shop-canary", "port": 80, "weight": 10}]})"));
  const Routes routes = mirrored(25, {{.method = {.exact = "GET"}}});
  CHECK(canary_weight_of(edited->rules, routes) == 10);
  CHECK(managed_routes_of(edited->rules, routes) == kShadow);
  CHECK(whole_mirrors_of(edited->rules, routes).empty());
  CHECK(edit_rules(edited->rules, routes, true)->rules == edited->rules);

  Routes over = routes;
  over.mirror_routes.clear();
  const Json after = edit_rules(edited->rules, over, true)->rules;
  CHECK(after.size() == 2);
  CHECK(managed_routes_of(after, over).empty());
}

TEST_CASE("a weight that only the mirror rule lacks is no weight", "[gateway_api]") {
  const Routes routes = mirrored(100);
  Json rules = edit_rules(shop_rules(), routes, true)->rules;
  rules[0]["backendRefs"][1]["weight"] = 90;
  CHECK_FALSE(canary_weight_of(rules, routes));
  CHECK(edit_rules(rules, routes, true)->rules[0]["backendRefs"][1]["weight"] == 10);
}

TEST_CASE("managed routes of both kinds are tried in their order", "[gateway_api]") {
  Routes routes = mirrored(100);
  routes.header_routes = {{"beta", {{"x-user", {.exact = "beta"}}}}};
  Json rules = edit_rules(shop_rules(), routes, true)->rules;
  CHECK(rules[0]["name"] == "beta");
  CHECK(rules[1]["name"] == "shadow");
  routes.managed = {"shadow", "beta"};
  rules = edit_rules(rules, routes, true)->rules;
  REQUIRE(rules.size() == 4);
  CHECK(rules[0]["name"] == "shadow");
  CHECK(edit_rules(rules, routes, true)->rules == rules);
}

TEST_CASE("a cluster that drops the share is told of, and not written to for ever",
          "[gateway_api]") {
  const Routes routes = mirrored(25);
  const Json kept = without_shares(edit_rules(shop_rules(), routes, true)->rules);
  const auto again = edit_rules(kept, routes, true);
  CHECK(again->rules == kept);
  REQUIRE(again->fault);
  CHECK(again->fault->message ==
        "mirror route shadow: every request is mirrored, not 25%: the cluster's HTTPRoute drops "
        "filters[].requestMirror.percent, which is of Gateway API 1.3");
  CHECK(whole_mirrors_of(kept, routes) == kShadow);
  CHECK_FALSE(edit_rules(kept, mirrored(100), true)->fault);
  Routes heavier = routes;
  heavier.destinations[0].weight = 20;
  heavier.destinations[1].weight = 80;
  CHECK(canary_weight_of(edit_rules(kept, heavier, true)->rules, heavier) == 20);
}

TEST_CASE("a share that changes is written", "[gateway_api]") {
  const Json rules = edit_rules(shop_rules(), mirrored(100), true)->rules;
  const Json less = edit_rules(rules, mirrored(5), true)->rules;
  CHECK(less[0]["filters"][0]["requestMirror"]["percent"] == 5);
  CHECK(less.size() == rules.size());
}

TEST_CASE("a mirror route that fits no rule holds up no weight", "[gateway_api]") {
  Json rules = shop_rules();
  rules[0]["matches"][0]["path"]["value"] = "/api";
  for (const auto& [path, why] :
       {std::pair(crds::StringMatch{.exact = "/buy"}, "no rule that splits has such requests"),
        std::pair(crds::StringMatch{.regex = "/b.*"},
                  "the path /api of a rule and the path /b.* of the mirror route cannot be put "
                  "together, as one is a regular expression")}) {
    const auto edited = edit_rules(rules, mirrored(100, {{.path = path}}), true);
    REQUIRE(edited);
    CHECK(canary_weight_of(edited->rules, mirrored(100)) == 10);
    REQUIRE(edited->fault);
    CHECK(edited->fault->message == std::string("mirror route shadow: ") + why);
  }
}

TEST_CASE("mirror rules of another Rollout, and of nobody, stay", "[gateway_api]") {
  Json rules = shop_rules();
  Json own = rules[0];
  own["filters"] = Json::parse(R"([{"type": "RequestMirror", "requestMirror": {
      "backendRef": {"name": "audit", "port": 80}}}])");
  rules.insert(rules.begin(), own);
  rules.push_back(Json::parse(R"({"name": "shadow", "filters": [{"type": "RequestMirror",
      "requestMirror": {"backendRef": {"name": "cart-canary", "port": 80}, "percent": 100}}],
    "backendRefs": [{"name": "cart-stable", "port": 80}, {"name": "cart-canary", "port": 80}]})"));
  Routes none = mirrored(100);
  none.mirror_routes.clear();
  const Json after = edit_rules(rules, none, true)->rules;
  CHECK(after.size() == 4);
  CHECK(after[0]["filters"] == own["filters"]);
  CHECK(after[3] == rules[3]);
  const Json with = edit_rules(after, mirrored(100), true)->rules;
  CHECK(with.size() == 6);
  CHECK(with[0]["filters"].size() == 2);
  CHECK(edit_rules(with, mirrored(100), true)->rules == with);
  CHECK(edit_rules(with, none, true)->rules == after);
}

TEST_CASE("a mirror rule of a former routing is taken away", "[gateway_api]") {
  Routes before = crds::two_way_routes("shop-stable", "shop-old", 100, 10);
  Json rules = shop_rules();
  rules[0]["backendRefs"][1]["name"] = "shop-old";
  before.managed = {"shadow"};
  before.mirror_routes = {{"shadow", {{}}, 100}};
  rules = edit_rules(rules, before, true)->rules;
  Routes now{.total = 100};
  now.former = {{.stable = "shop-stable", .canary = "shop-old", .managed = {"shadow"}}};
  CHECK(former_weight_of(rules, now) == 100);
  const Json after = edit_rules(rules, now, true)->rules;
  CHECK(after.size() == 2);
  CHECK(former_weight_of(after, now) == 0);
}

}  // namespace
}  // namespace sluice::traffic
