// Header and mirror routes in a VirtualService.

#include "tests/traffic/istio_world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::traffic;
using namespace sluice::traffic::test;

namespace {

IstioWorld api_world() {
  IstioWorld world({{"virtualService", {{"name", "shop"}}}});
  world.objects["default/shop"] = virtual_service(Json::parse(R"([
    {"name": "api", "match": [{"uri": {"prefix": "/api"}}], "timeout": "3s",
     "route": [{"destination": {"host": "shop-stable", "port": {"number": 80}}, "weight": 100},
               {"destination": {"host": "shop-canary", "port": {"number": 80}}, "weight": 0}]},
    {"name": "static", "route": [{"destination": {"host": "static"}}]}])"));
  return world;
}

crds::Routes with_header(crds::Routes routes, std::vector<crds::HeaderMatch> match) {
  routes.managed = {"shadow", "beta"};
  routes.header_routes = {{"beta", std::move(match)}};
  return routes;
}

crds::Routes with_mirror(crds::Routes routes, std::vector<crds::RequestMatch> match) {
  routes.managed = {"shadow", "beta"};
  routes.mirror_routes = {{"shadow", std::move(match), 35}};
  return routes;
}

crds::Routes without_managed(crds::Routes routes) {
  routes.header_routes.clear();
  routes.mirror_routes.clear();
  return routes;
}

}  // namespace

TEST_CASE("a header route is a copy in front that leads to the canary", "[istio]") {
  IstioWorld world = api_world();
  const Json before = world.http();
  const auto routes =
      with_header(shop_split(0), {{"X-User", {.exact = "ann"}}, {"x-region", {.prefix = "eu"}}});
  CHECK(world.apply(routes) == 1);
  REQUIRE(world.http().size() == 3);
  CHECK(world.http()[0] == Json::parse(R"({
    "name": "beta", "timeout": "3s",
    "match": [{"uri": {"prefix": "/api"}, "headers": {"x-user": {"exact": "ann"}}},
              {"uri": {"prefix": "/api"}, "headers": {"x-region": {"prefix": "eu"}}}],
    "route": [{"destination": {"host": "shop-canary", "port": {"number": 80}}}]})"));
  const Observation seen = world.router->observe(routes, world.find());
  CHECK(seen.managed_routes == std::set<std::string>{"beta"});
  CHECK(seen.canary_weight == 0);
  CHECK(world.apply(routes) == 0);
  world.apply(without_managed(routes));
  CHECK(world.http() == before);
}

TEST_CASE("a mirror route splits as its original does, and sends copies to the canary", "[istio]") {
  IstioWorld world = api_world();
  const Json before = world.http();
  const auto routes =
      with_mirror(shop_split(0), {{.method = {.exact = "GET"}, .path = {.prefix = "/api/items"}}});
  CHECK(world.apply(routes) == 1);
  REQUIRE(world.http().size() == 3);
  const Json& mirror = world.http()[0];
  CHECK(mirror["name"] == "shadow");
  CHECK(mirror["match"] ==
        Json::parse(R"([{"method": {"exact": "GET"}, "uri": {"prefix": "/api/items"}}])"));
  CHECK(mirror["route"] == before[0]["route"]);
  CHECK(mirror["mirror"] == Json::parse(R"({"host": "shop-canary", "port": {"number": 80}})"));
  CHECK(mirror["mirrorPercentage"] == Json({{"value", 35}}));
  CHECK(mirror["timeout"] == "3s");

  auto later = with_mirror(shop_split(20), routes.mirror_routes[0].match);
  CHECK(world.apply(later) == 1);
  CHECK(world.http()[0]["route"][1]["weight"] == 20);
  CHECK(world.apply(later) == 0);
  world.apply(without_managed(shop_split(0)));
  CHECK(world.http().size() == 3);  // The names are not the Rollout's.
  world.apply(without_managed(routes));
  CHECK(world.http() == before);
}

TEST_CASE("a mirror of somebody else's goes on beside", "[istio]") {
  IstioWorld world = api_world();
  world.http()[0]["mirror"] = {{"host", "audit"}};
  world.http()[0]["mirrorPercentage"] = {{"value", 5}};
  const auto routes = with_mirror(shop_split(0), {{.method = {.exact = "GET"}}});
  world.apply(routes);
  CHECK_FALSE(world.http()[0].contains("mirror"));
  CHECK(world.http()[0]["mirrors"] == Json::parse(R"([
    {"destination": {"host": "audit"}, "percentage": {"value": 5}},
    {"destination": {"host": "shop-canary", "port": {"number": 80}}, "percentage": {"value": 35}}])"));
  CHECK(world.http()[1]["mirror"] == Json({{"host", "audit"}}));
  CHECK(world.router->observe(routes, world.find()).managed_routes ==
        std::set<std::string>{"shadow"});
  CHECK(world.apply(routes) == 0);
}

TEST_CASE("paths of a route and of a mirror are put together where they can be", "[istio]") {
  struct Case {
    const char* uri;
    crds::StringMatch wanted;
    const char* both;  ///< "" for no request, null for what cannot be told.
  };

  const Case cases[] = {
      {R"({"prefix": "/api"})", {.exact = "/api/a"}, R"({"exact": "/api/a"})"},
      {R"({"prefix": "/api/a"})", {.prefix = "/api"}, R"({"prefix": "/api/a"})"},
      {R"({"prefix": "/api"})", {.prefix = "/apiary"}, R"({"prefix": "/apiary"})"},
      {R"({"exact": "/api"})", {.prefix = "/"}, R"({"exact": "/api"})"},
      {R"({"exact": "/api"})", {.exact = "/b"}, ""},
      {R"({"prefix": "/api"})", {.prefix = "/b"}, ""},
      {R"({"regex": "/a.*"})", {.regex = "/a.*"}, R"({"regex": "/a.*"})"},
      {R"({"prefix": "/api"})", {.regex = "/a.*"}, nullptr},
      {R"({"regex": "/a.*"})", {.exact = "/a"}, nullptr}};
  for (const Case& one : cases) {
    INFO(one.uri);
    IstioWorld world = api_world();
    world.http()[0]["match"][0]["uri"] = Json::parse(one.uri);
    const auto routes = with_mirror(shop_split(0), {{.path = one.wanted}});
    const std::string both = one.both == nullptr ? "" : one.both;
    if (both.empty()) {
      const std::string fault = world.fault(routes);
      CHECK(fault.starts_with("VirtualService default/shop: spec.http: managed route shadow: "));
      CHECK(fault.ends_with("no HTTP route that splits has such requests") ==
            (one.both != nullptr));
    } else {
      world.apply(routes);
      CHECK(world.http()[0]["match"][0]["uri"] == Json::parse(both));
    }
  }
}

TEST_CASE("a header that the route asks for otherwise is told of", "[istio]") {
  IstioWorld world = api_world();
  world.http()[0]["match"][0]["headers"] = {{"x-user", {{"exact", "bob"}}}};
  const auto routes = with_header(shop_split(10), {{"X-User", {.exact = "ann"}}});
  CHECK(world.fault(routes) ==
        "VirtualService default/shop: spec.http: managed route beta: a route asks for another "
        "value of the header x-user already");
  CHECK(world.apply(routes) == 1);  // The weights are set all the same.
  CHECK(world.router->observe(routes, world.find()).canary_weight == 10);
}

TEST_CASE("managed routes stand in their order, before what splits", "[istio]") {
  IstioWorld world = api_world();
  auto routes = with_header(shop_split(10), {{"x-user", {.exact = "ann"}}});
  routes.mirror_routes = {{"shadow", {{.method = {.exact = "GET"}}}, 100}};
  world.apply(routes);
  CHECK(world.http()[0]["name"] == "shadow");
  CHECK(world.http()[1]["name"] == "beta");
  const Json right = world.http();
  std::swap(world.http()[0], world.http()[1]);
  CHECK(world.apply(routes) == 1);
  CHECK(world.http() == right);
  std::swap(world.http()[1], world.http()[2]);
  CHECK(world.apply(routes) == 1);
  CHECK(world.http() == right);
  world.http().insert(world.http().begin(),
                      Json({{"name", "theirs"}, {"route", destinations({{"static", 100}})}}));
  CHECK(world.apply(routes) == 0);  // What others put first matters to nobody.
}

TEST_CASE("two Rollouts with managed routes of one name leave each other alone", "[istio]") {
  IstioWorld world = api_world();
  world.http().push_back(
      {{"name", "cart"}, {"route", destinations({{"cart-stable", 100}, {"cart-canary", 0}})}});
  const auto shop = with_header(shop_split(10), {{"x-user", {.exact = "ann"}}});
  const auto cart = with_header(crds::two_way_routes("cart-stable", "cart-canary", 100, 20),
                                {{"x-user", {.exact = "bob"}}});
  CHECK(world.apply(shop) == 1);
  CHECK(world.apply(cart) == 1);
  CHECK(world.apply(shop) == 0);
  CHECK(world.apply(cart) == 0);
  REQUIRE(world.http().size() == 5);
  CHECK(world.http()[0]["name"] != world.http()[1]["name"]);
  CHECK(world.apply(without_managed(shop)) == 1);
  CHECK(world.http().size() == 4);
  CHECK(world.router->observe(cart, world.find()).managed_routes == std::set<std::string>{"beta"});
}

TEST_CASE("managed routes of subsets lead to the canary subset", "[istio]") {
  IstioWorld world(Json::parse(R"({"virtualService": {"name": "shop"}, "destinationRule":
    {"name": "shop", "stableSubsetName": "stable", "canarySubsetName": "canary"}})"));
  world.objects["default/shop"] = virtual_service(
      Json::array({{{"route", destinations({{"shop/stable", 100}, {"shop/canary", 0}})}}}));
  world.objects["rule:default/shop"] = Json::parse(
      R"({"spec": {"host": "shop", "subsets": [{"name": "stable"}, {"name": "canary"}]}})");
  auto routes = with_header(subset_split(0), {{"x-user", {.regex = "a.*"}}});
  routes.mirror_routes = {{"shadow", {{.path = {.prefix = "/"}}}, 100}};
  world.apply(routes);
  CHECK(world.http()[0]["mirror"] == Json({{"host", "shop"}, {"subset", "canary"}}));
  CHECK(world.http()[1]["route"] ==
        Json::parse(R"([{"destination": {"host": "shop", "subset": "canary"}}])"));
  CHECK(world.apply(routes) == 0);
}

TEST_CASE("of a former split the managed routes go too", "[istio]") {
  IstioWorld world = api_world();
  const Json before = world.http();
  world.apply(with_header(shop_split(0), {{"x-user", {.exact = "ann"}}}));
  crds::Routes gone{.former = {{.stable = "shop-stable",
                                .canary = "shop-canary",
                                .total = 100,
                                .most = 100,
                                .managed = {"beta"}}}};
  CHECK(world.router->observe(gone, world.find()).former_weight == 100);
  CHECK(world.apply(gone) == 1);
  CHECK(world.http() == before);
}
