#include "traffic/gateway_api_router.h"

#include "tests/traffic/http_routes.h"
#include "traffic/router_registry.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::traffic {
namespace {

using crds::Routes;

TEST_CASE("weights go to the two services and nowhere else", "[gateway_api]") {
  HttpRoutes world;
  CHECK(world.apply(shop_routes(30)) == 1);
  const Json& refs = world.route["spec"]["rules"][0]["backendRefs"];
  CHECK(refs[0]["weight"] == 70);
  CHECK(refs[1]["weight"] == 30);
  CHECK(refs[2]["weight"] == 5);
  CHECK(world.route["spec"]["rules"][1] == shop_route()["spec"]["rules"][1]);
  CHECK(world.route["metadata"]["labels"]["rollouts.argoproj.io/gatewayapi-canary"] ==
        "in-progress");
  CHECK(world.router->observe(shop_routes(0), world.find()).canary_weight == 30);
  CHECK(world.apply(shop_routes(30)) == 0);
  world.apply(shop_routes(0));
  CHECK(world.route["metadata"]["labels"].empty());
}

/// The rules `/cart` and `/pay` of one route, each of a Rollout of its own.
Json shared_rules() {
  return Json::parse(R"([
    {"matches": [{"path": {"type": "PathPrefix", "value": "/cart"}}],
     "backendRefs": [{"name": "cart-stable", "port": 80}, {"name": "cart-canary", "port": 80}]},
    {"matches": [{"path": {"type": "PathPrefix", "value": "/pay"}}],
     "backendRefs": [{"name": "pay-stable", "port": 80}, {"name": "pay-canary", "port": 80}]}])");
}

Routes app_routes(const std::string& app, int64_t weight) {
  return crds::two_way_routes(app + "-stable", app + "-canary", 100, weight);
}

Routes routes_with_header(const std::string& app, const std::string& managed) {
  Routes routes = app_routes(app, 0);
  routes.managed = {managed};
  routes.header_routes = {{managed, {{"x-user", {.exact = "beta"}}}}};
  return routes;
}

TEST_CASE("two rollouts with header routes in one HTTPRoute leave each other alone",
          "[gateway_api]") {
  for (const auto& [cart_name, pay_name] :
       {std::pair("beta-cart", "beta-pay"), std::pair("beta", "beta")}) {
    CAPTURE(cart_name, pay_name);
    HttpRoutes world;
    world.route["spec"]["rules"] = shared_rules();
    const Routes cart = routes_with_header("cart", cart_name);
    const Routes pay = routes_with_header("pay", pay_name);
    CHECK(world.apply(cart) == 1);
    CHECK(world.apply(pay) == 1);
    CHECK(world.apply(cart) == 0);
    CHECK(world.apply(pay) == 0);
    const Json& rules = world.route["spec"]["rules"];
    REQUIRE(rules.size() == 4);
    CHECK(rules[0]["name"] != rules[1]["name"]);
    CHECK(world.router->observe(cart, world.find()).managed_routes == std::set{cart.managed[0]});

    Routes cart_without = cart;
    cart_without.header_routes.clear();
    CHECK(world.apply(cart_without) == 1);
    CHECK(world.route["spec"]["rules"].size() == 3);
    CHECK(world.router->observe(pay, world.find()).managed_routes == std::set{pay.managed[0]});
    CHECK(world.apply(cart_without) == 0);
  }
}

TEST_CASE("header rules behind their split rule are moved before it", "[gateway_api]") {
  HttpRoutes world;
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.exact = "beta"}}}}};
  world.apply(routes);
  Json& rules = world.route["spec"]["rules"];
  std::swap(rules[0], rules[1]);
  CHECK(world.apply(routes) == 1);
  CHECK(world.route["spec"]["rules"][0]["name"] == "beta");
}

TEST_CASE("the label stays until the last rollout of the route has ended", "[gateway_api]") {
  HttpRoutes world;
  world.route["spec"]["rules"] = shared_rules();
  const auto is_labelled = [&] {
    const Json labels = world.route["metadata"].value("labels", Json::object());
    return labels.value("rollouts.argoproj.io/gatewayapi-canary", "") == "in-progress";
  };
  world.apply(app_routes("cart", 10));
  world.apply(app_routes("pay", 50));
  world.apply(app_routes("cart", 0));
  CHECK(is_labelled());
  CHECK(world.apply(app_routes("cart", 0)) == 0);
  CHECK(world.apply(app_routes("pay", 50)) == 0);
  world.apply(app_routes("pay", 0));
  CHECK_FALSE(is_labelled());
  CHECK(world.route["metadata"].value("annotations", Json::object()).empty());
}

TEST_CASE("a rollout that has left the route keeps no label on it", "[gateway_api]") {
  HttpRoutes world;
  world.route["spec"]["rules"] = shared_rules();
  world.apply(app_routes("cart", 10));
  world.apply(app_routes("pay", 50));
  world.route["spec"]["rules"].erase(0);  // Somebody takes the rule of the cart away.
  world.apply(app_routes("pay", 0));
  CHECK(world.route["metadata"]["labels"].empty());
}

TEST_CASE("an edit of somebody else is not overwritten", "[gateway_api]") {
  HttpRoutes world;
  const auto patches = world.router->render(shop_routes(30), world.find());
  world.route["spec"]["rules"][1]["backendRefs"][0]["name"] = "other";
  CHECK_THROWS(world.route.patch(Json::parse(patches->at(0).body)));
}

TEST_CASE("header routes are copies in front that go to the canary", "[gateway_api]") {
  HttpRoutes world;
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.prefix = "beta"}}}}};
  world.apply(routes);
  const Json& rules = world.route["spec"]["rules"];
  REQUIRE(rules.size() == 3);
  CHECK(rules[0]["name"] == "beta");
  CHECK(rules[0]["matches"][0]["path"]["value"] == "/");
  CHECK(rules[0]["matches"][0]["headers"][0] ==
        Json({{"name", "x-user"}, {"type", "RegularExpression"}, {"value", "beta.*"}}));
  REQUIRE(rules[0]["backendRefs"].size() == 1);
  CHECK(rules[0]["backendRefs"][0]["name"] == "shop-canary");
  CHECK(world.router->observe(routes, world.find()).managed_routes ==
        std::set<std::string>{"beta"});
  CHECK(world.apply(routes) == 0);
  routes.header_routes.clear();
  world.apply(routes);
  CHECK(world.route["spec"]["rules"].size() == 2);
}

TEST_CASE("each rule with a split has its header rule, and named rules of others stay",
          "[gateway_api]") {
  HttpRoutes world;
  const auto rules = [&]() -> Json& { return world.route["spec"]["rules"]; };
  Json second = rules()[0];
  second["matches"][0]["path"]["value"] = "/api";
  rules().push_back(second);
  rules()[1]["name"] = "beta-1";
  const Json before = rules();
  Routes routes = shop_routes(10);
  routes.managed = {"beta", "beta-2"};
  routes.header_routes = {{"beta-2", {{"x-user", {.exact = "1"}}}}};
  world.apply(routes);
  REQUIRE(rules().size() == 5);
  CHECK(rules()[0]["name"] == "beta-2");
  CHECK(rules()[1]["name"] == "beta-2.copy-1");
  CHECK(rules()[1]["matches"][0]["path"]["value"] == "/api");
  CHECK(world.router->observe(routes, world.find()).managed_routes ==
        std::set<std::string>{"beta-2"});
  CHECK(world.apply(routes) == 0);
  routes.header_routes.clear();
  world.apply(routes);
  REQUIRE(rules().size() == 3);
  CHECK(rules()[1] == before[1]);
}

TEST_CASE("header rules do not pile up where names of rules are dropped", "[gateway_api]") {
  HttpRoutes world;
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.exact = "1"}}}}};
  world.apply(routes);
  world.route["spec"]["rules"][0].erase("name");
  const auto again = world.router->render(routes, world.find());
  REQUIRE_FALSE(again);
  CHECK(again.error().message.find("without its name") != std::string::npos);
  CHECK(world.apply(shop_routes(0)) == 1);
  CHECK(world.router->observe(shop_routes(0), world.find()).canary_weight == 0);
}

TEST_CASE("a prefix stands for itself", "[gateway_api]") {
  HttpRoutes world;
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-version", {.prefix = "v1.2+(b)"}}}}};
  world.apply(routes);
  CHECK(world.route["spec"]["rules"][0]["matches"][0]["headers"][0]["value"] ==
        R"(v1\.2\+\(b\).*)");
}

TEST_CASE("a header route of a rule that matches anything says so as the server does",
          "[gateway_api]") {
  HttpRoutes world;
  world.route["spec"]["rules"][0]["matches"] = Json::array();
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.exact = "1"}}}}};
  world.apply(routes);
  CHECK(world.route["spec"]["rules"][0]["matches"][0]["path"] ==
        Json({{"type", "PathPrefix"}, {"value", "/"}}));
}

TEST_CASE("labels that came in between are kept", "[gateway_api]") {
  HttpRoutes world;
  const auto patches = world.router->render(shop_routes(30), world.find());
  REQUIRE(patches);
  Json changed = world.route;
  changed["metadata"]["resourceVersion"] = "8";
  changed["metadata"]["labels"] = {{"team", "shop"}};
  CHECK_THROWS(changed.patch(Json::parse(patches->at(0).body)));
  CHECK(world.apply(shop_routes(30)) == 1);
}

TEST_CASE("a route that is missing does not hold up the others", "[gateway_api]") {
  HttpRoutes world;
  world.router =
      make_router(Json::parse(R"({"httpRoutes": [{"name": "gone"}, {"name": "shop"}]})"));
  CHECK(world.apply(shop_routes(20)) == 1);
  CHECK(world.route["spec"]["rules"][0]["backendRefs"][1]["weight"] == 20);
  const auto again = world.router->render(shop_routes(20), world.find());
  REQUIRE_FALSE(again);
  CHECK(again.error().message == "HTTPRoute default/gone: does not exist");
}

TEST_CASE("header routes that no route takes are refused", "[gateway_api]") {
  HttpRoutes world;
  world.router = make_router(Json::parse(R"({"httpRoutes": [{"name": "shop"}]})"));
  Routes routes = shop_routes(20);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.exact = "1"}}}}};
  CHECK(world.apply(routes) == 1);
  CHECK_FALSE(world.router->render(routes, world.find()));
}

TEST_CASE("a route that no schema has checked is refused", "[gateway_api]") {
  Routes routes = shop_routes(10);
  routes.managed = {"beta"};
  routes.header_routes = {{"beta", {{"x-user", {.exact = "1"}}}}};
  for (const char* matches : {R"(["x"])", R"([{"headers": {}}])", "5"}) {
    INFO(matches);
    HttpRoutes world;
    world.route["spec"]["rules"][0]["matches"] = Json::parse(matches);
    CHECK_FALSE(world.router->render(routes, world.find()));
    CHECK(world.apply(shop_routes(10)) == 1);
  }
  HttpRoutes world;
  world.route["status"]["parents"] = Json::array({"x"});
  CHECK(world.router->observe(routes, world.find()).state == ObservedState::Pending);
}

TEST_CASE("what is missing is named", "[gateway_api]") {
  HttpRoutes world;
  Routes routes = shop_routes(10);
  routes.destinations[0].service = "cart-canary";
  const auto rendered = world.router->render(routes, world.find());
  REQUIRE_FALSE(rendered);
  CHECK(rendered.error().message ==
        "HTTPRoute default/shop: spec.rules: no rule has both the stable Service \"shop-stable\" "
        "and the canary Service \"cart-canary\" as backendRefs");

  const auto missing =
      world.router->render(shop_routes(1), [](const ObjectRef&) -> const Json* { return nullptr; });
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "HTTPRoute default/shop: does not exist");
}

TEST_CASE("settings are checked with their path", "[gateway_api]") {
  const RouterRegistry registry = builtin_routers();
  const auto make = [&](const char* kind, const char* config) {
    return registry.make({kind, true, make_json_text(config)}, {{"default", "shop"}, ""});
  };
  CHECK(make("argoproj-labs/gatewayAPI", R"({"httpRoute": "shop"})"));
  CHECK(make("argoproj-labs/gatewayAPI", R"({"httpRoutes": [{"name": "a"}, {"name": "b"}]})"));
  CHECK(make("argoproj-labs/gatewayAPI", "{}").error().message ==
        "spec.strategy.canary.trafficRouting.plugins[argoproj-labs/gatewayAPI].httpRoute: Required "
        "value: name at least one HTTPRoute");
  const auto twice = make("gatewayAPI", R"({"httpRoute": "a", "httpRoutes": [{"name": "a"}]})");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message.ends_with("httpRoutes[0].name: Duplicate value: \"a\""));
  CHECK(make("smi", "{}").error().message ==
        "spec.strategy.canary.trafficRouting.plugins[smi]: Unsupported value: \"smi\": known "
        "routers: argoproj-labs/gatewayAPI, gatewayAPI, istio, nginx");
}

}  // namespace
}  // namespace sluice::traffic
