// What Istio's router writes to VirtualServices and DestinationRules.

#include "tests/traffic/istio_world.h"
#include "traffic/istio_config.h"
#include "traffic/istio_destinations.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::traffic;
using namespace sluice::traffic::test;

namespace {

/// A route that splits, and one of somebody else's.
Json shop_http() {
  return Json::array({{{"name", "primary"},
                       {"timeout", "3s"},
                       {"route", destinations({{"shop-stable", 100}, {"shop-canary", 0}})}},
                      {{"name", "static"}, {"route", destinations({{"static", 100}})}}});
}

IstioWorld shop_world(const Json& config = {{"virtualService", {{"name", "shop"}}}}) {
  IstioWorld world(config);
  world.objects["default/shop"] = virtual_service(shop_http());
  return world;
}

Json subset_config() {
  return {{"virtualService", {{"name", "shop"}}},
          {"destinationRule",
           {{"name", "shop"}, {"stableSubsetName", "stable"}, {"canarySubsetName", "canary"}}}};
}

/// Two subsets of the host "shop", and one of somebody else's.
IstioWorld subset_world() {
  IstioWorld world(subset_config());
  world.objects["default/shop"] = virtual_service(
      Json::array({{{"route", destinations({{"shop/stable", 100}, {"shop/canary", 0}})}}}));
  world.objects["rule:default/shop"] = Json::parse(R"({
    "apiVersion": "networking.istio.io/v1beta1", "kind": "DestinationRule",
    "metadata": {"name": "shop", "namespace": "default", "resourceVersion": "3"},
    "spec": {"host": "shop", "trafficPolicy": {"loadBalancer": {"simple": "LEAST_REQUEST"}},
             "subsets": [
      {"name": "legacy", "labels": {"app": "shop", "version": "1"}},
      {"name": "stable", "labels": {"app": "shop"}, "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
      {"name": "canary"}]}})");
  return world;
}

std::vector<int64_t> weights(const Json& route) {
  std::vector<int64_t> all;
  for (const Json& one : route["route"]) all.push_back(one.value("weight", -1));
  return all;
}

using Weights = std::vector<int64_t>;

}  // namespace

TEST_CASE("weights go to the two hosts and to nothing else", "[istio]") {
  IstioWorld world = shop_world();
  const Json before = world.object("default/shop");
  CHECK(world.apply(shop_split(0)) == 0);
  for (const int64_t weight : {1, 10, 50, 100, 0}) {
    CHECK(world.apply(shop_split(weight)) == 1);
    CHECK(weights(world.http()[0]) == Weights{100 - weight, weight});
    CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == weight);
    CHECK(world.apply(shop_split(weight)) == 0);
  }
  CHECK(world.object("default/shop") == before);
}

TEST_CASE("weights add up to the total that is declared", "[istio]") {
  IstioWorld world = shop_world();
  world.apply(shop_split(7, 1'000'000));
  CHECK(weights(world.http()[0]) == Weights{999'993, 7});
  CHECK(world.router->observe(shop_split(0, 1'000'000), world.find()).canary_weight == 7);
  CHECK_FALSE(world.router->observe(shop_split(0), world.find()).canary_weight);
}

TEST_CASE("a destination without a weight has none", "[istio]") {
  IstioWorld world = shop_world();
  world.http()[0]["route"][1].erase("weight");
  CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == 0);
  CHECK(world.apply(shop_split(0)) == 0);
  CHECK(world.apply(shop_split(20)) == 1);
  CHECK(weights(world.http()[0]) == Weights{80, 20});
}

TEST_CASE("destinations of others keep their weight of the total", "[istio]") {
  IstioWorld world = shop_world();
  world.http()[0]["route"].push_back(destinations({{"audit", 20}})[0]);
  for (const auto& [weight, stable] : {std::pair(0, 80), {10, 70}, {80, 0}, {90, 0}, {0, 80}}) {
    world.apply(shop_split(weight));
    CHECK(weights(world.http()[0]) == Weights{stable, weight, 20});
    CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == weight);
    CHECK(world.apply(shop_split(weight)) == 0);
  }
}

TEST_CASE("two rollouts do not take the whole of one route each", "[istio]") {
  IstioWorld world = shop_world();
  world.apply(shop_split(30));
  world.http()[0]["route"].push_back(destinations({{"cart-stable", 100}})[0]);
  CHECK(world.fault(shop_split(50)) ==
        "VirtualService default/shop: spec.http[0].route: destinations of others have 100 of 100: "
        "nothing is left for \"shop-stable\" and \"shop-canary\", which need a route of their own "
        "or a share of this one");
  CHECK_FALSE(world.router->observe(shop_split(50), world.find()).canary_weight);
  CHECK(world.apply(shop_split(0)) == 1);  // What can be taken back is.
  CHECK(weights(world.http()[0]) == Weights{70, 0, 100});
  CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == 0);
}

TEST_CASE("the routes that are named split, or else those that lead to both", "[istio]") {
  IstioWorld world =
      shop_world({{"virtualService", {{"name", "shop"}, {"routes", {"primary", "api"}}}}});
  Json second = world.http()[0];
  second["name"] = "api";
  Json third = world.http()[0];
  third["name"] = "not ours";
  world.http().push_back(second);
  world.http().push_back(third);
  world.apply(shop_split(30));
  CHECK(weights(world.http()[0]) == Weights{70, 30});
  CHECK(weights(world.http()[2]) == Weights{70, 30});
  CHECK(weights(world.http()[3]) == Weights{100, 0});
  CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == 30);
  world.http()[2]["route"][1]["weight"] = 20;
  CHECK_FALSE(world.router->observe(shop_split(0), world.find()).canary_weight);

  world.http().erase(2);
  CHECK(world.fault(shop_split(30)) ==
        "VirtualService default/shop: spec.http: has no route named \"api\"");
  CHECK(world.apply(shop_split(0)) == 1);  // What can be taken back is.
  CHECK(weights(world.http()[0]) == Weights{100, 0});
}

TEST_CASE("TLS and TCP routes split by port and host names", "[istio]") {
  IstioWorld world = shop_world(Json::parse(R"({"virtualService": {"name": "shop",
    "tlsRoutes": [{"port": 443, "sniHosts": ["b.example", "a.example"]}],
    "tcpRoutes": [{"port": 3000}]}})"));
  const Json split = destinations({{"shop-stable", 100}, {"shop-canary", 0}});
  Json& spec = world.object("default/shop")["spec"];
  spec["tls"] = Json::array(
      {{{"match", Json::parse(R"([{"port": 443, "sniHosts": ["a.example"]},
                                  {"port": 443, "sniHosts": ["b.example"]}])")},
        {"route", split}},
       {{"match", Json::parse(R"([{"port": 8443, "sniHosts": ["a.example", "b.example"]}])")},
        {"route", split}}});
  spec["tcp"] = Json::array({{{"match", Json::parse(R"([{"port": 3000}])")}, {"route", split}},
                             {{"match", Json::parse(R"([{"port": 3001}])")}, {"route", split}}});
  world.apply(shop_split(30));
  const Json& now = world.object("default/shop")["spec"];
  CHECK(weights(now["http"][0]) == Weights{70, 30});
  CHECK(weights(now["tls"][0]) == Weights{70, 30});
  CHECK(weights(now["tls"][1]) == Weights{100, 0});
  CHECK(weights(now["tcp"][0]) == Weights{70, 30});
  CHECK(weights(now["tcp"][1]) == Weights{100, 0});
  CHECK(world.apply(shop_split(30)) == 0);

  world.object("default/shop")["spec"]["tls"].erase(0);
  CHECK(world.fault(shop_split(30)) ==
        "VirtualService default/shop: spec.tls: has no route that matches port 443 and sniHosts "
        "b.example, a.example");
}

TEST_CASE("several VirtualServices, also of other namespaces", "[istio]") {
  IstioWorld world(Json::parse(R"({"virtualServices": [
    {"name": "shop"}, {"name": "shop.v2.mesh.cluster.local"}]})"));
  world.objects["default/shop"] = virtual_service(shop_http());
  world.objects["mesh/shop.v2"] = virtual_service(
      Json::array({{{"route", destinations({{"shop-stable.default", 100},
                                            {"shop-canary.default.svc.cluster.local", 0}})}}}));
  CHECK(world.apply(shop_split(30)) == 2);
  CHECK(weights(world.objects["mesh/shop.v2"]["spec"]["http"][0]) == Weights{70, 30});
  CHECK(world.router->observe(shop_split(0), world.find()).canary_weight == 30);
  world.objects.erase("default/shop");
  const Observation seen = world.router->observe(shop_split(0), world.find());
  CHECK(seen.state == ObservedState::Error);
  CHECK(seen.message == "VirtualService default/shop: does not exist");
  CHECK(world.apply(shop_split(0)) == 1);
  CHECK_FALSE(world.router->render(shop_split(0), world.find()));
}

TEST_CASE("what keeps a VirtualService from splitting is named with its field", "[istio]") {
  IstioWorld world = shop_world({{"virtualService", {{"name", "shop"}, {"routes", {"primary"}}}}});
  world.http()[0]["route"] = destinations({{"shop-stable", 100}});
  CHECK(world.fault(shop_split(0)) ==
        "VirtualService default/shop: spec.http[0].route: no destination is the service "
        "\"shop-canary\"");
  IstioWorld unnamed = shop_world();
  unnamed.http().erase(0);
  CHECK(unnamed.fault(shop_split(0)) ==
        "VirtualService default/shop: spec: no route leads to both the stable service "
        "\"shop-stable\" and the canary service \"shop-canary\"");
  IstioWorld elsewhere(
      Json::parse(R"({"virtualService": {"name": "shop.mesh", "routes": ["primary"]}})"));
  elsewhere.objects["mesh/shop"] = virtual_service(shop_http());
  CHECK(
      elsewhere.fault(shop_split(0)) ==
      "VirtualService mesh/shop: spec.http[0].route: no destination is the service "
      "\"shop-stable\": \"shop-stable\" alone is one of namespace mesh; its own has to be written "
      "behind it");
}

TEST_CASE("nonsense in a VirtualService is no split", "[istio]") {
  for (const char* http :
       {"null", "{}", "[]", "[7]", R"([{"route": 7}])", R"([{"route": [7, {"destination": 7}]}])",
        R"([{"name": 7, "match": 7, "route": [{"destination": {"host": 7}, "weight": "x"}]}])"}) {
    INFO(http);
    IstioWorld world = shop_world();
    world.http() = Json::parse(http);
    const Json before = world.object("default/shop");
    CHECK_FALSE(world.fault(shop_split(0)).empty());
    CHECK_FALSE(world.router->observe(shop_split(0), world.find()).canary_weight);
    CHECK_FALSE(world.router->render(shop_split(10), world.find()));
    CHECK(world.object("default/shop") == before);
  }
}

TEST_CASE("weights of two Rollouts in one VirtualService are written beside each other",
          "[istio]") {
  IstioWorld world = shop_world();
  world.http().push_back(
      {{"name", "cart"}, {"route", destinations({{"cart-stable", 100}, {"cart-canary", 0}})}});
  const auto cart = crds::two_way_routes("cart-stable", "cart-canary", 100, 40);
  const auto ours = world.router->render(shop_split(10), world.find());
  CHECK(world.apply(cart) == 1);
  Json& object = world.object("default/shop");
  object = object.patch(Json::parse(ours->at(0).body));  // It was rendered before the cart's.
  CHECK(weights(world.http()[0]) == Weights{90, 10});
  CHECK(weights(world.http()[2]) == Weights{60, 40});
}

TEST_CASE("the edit of somebody else in the same route is not overwritten", "[istio]") {
  IstioWorld world = shop_world();
  const auto changes = world.router->render(shop_split(10), world.find());
  world.http()[0]["timeout"] = "9s";
  CHECK_THROWS(world.object("default/shop").patch(Json::parse(changes->at(0).body)));
}

TEST_CASE("subsets split by their names and the host of their rule", "[istio]") {
  IstioWorld world = subset_world();
  world.http().push_back({{"route", destinations({{"other/stable", 100}, {"other/canary", 0}})}});
  CHECK(world.apply(subset_split(30)) == 1);
  CHECK(weights(world.http()[0]) == Weights{70, 30});
  CHECK(weights(world.http()[1]) == Weights{100, 0});
  CHECK(world.router->observe(subset_split(0), world.find()).canary_weight == 30);
  world.http().erase(1);
  world.objects.erase("rule:default/shop");
  CHECK(world.fault(subset_split(0)) == "DestinationRule default/shop: does not exist");
  CHECK_FALSE(world.router->observe(subset_split(0), world.find()).canary_weight);
  CHECK(world.apply(subset_split(0)) == 1);
  CHECK(weights(world.http()[0]) == Weights{100, 0});
}

TEST_CASE("a subset is pointed at a revision, and nothing else of its rule is touched", "[istio]") {
  IstioWorld world = subset_world();
  const Json before = world.object("rule:default/shop");
  const auto selections = [&] { return world.router->selections(world.find()); };
  CHECK(selections().size() == 2);
  CHECK(selections().at("shop/canary").hash.empty());
  CHECK(world.select("shop/stable", "aaa") == 1);
  CHECK(world.select("shop/canary", "bbb") == 1);
  CHECK(world.select("shop/canary", "bbb") == 0);
  CHECK(selections().at("shop/stable").hash == "aaa");
  CHECK(selections().at("shop/canary").hash == "bbb");
  CHECK(selections().at("shop/canary").managed_by == "shop");
  CHECK(world.router->observe(subset_split(0), world.find()).state == ObservedState::Unsupported);
  const Json& subsets = world.object("rule:default/shop")["spec"]["subsets"];
  CHECK(subsets[1]["labels"] == Json({{"app", "shop"}, {"rollouts-pod-template-hash", "aaa"}}));
  CHECK(subsets[2]["labels"] == Json({{"rollouts-pod-template-hash", "bbb"}}));

  CHECK(world.select("shop/stable", "") == 1);
  CHECK(selections().at("shop/canary").managed_by == "shop");
  CHECK(world.select("shop/canary", "") == 1);
  CHECK(selections().at("shop/canary").managed_by.empty());
  Json after = world.object("rule:default/shop");
  after["metadata"].erase("annotations");
  after["spec"]["subsets"][2].erase("labels");
  CHECK(after == before);
  CHECK(world.select("shop/none", "aaa") == 0);
  CHECK(world.select("shop-stable", "aaa") == 0);
}

TEST_CASE("a subset that the settings name no longer is still known by its label", "[istio]") {
  IstioWorld world = subset_world();
  world.select("shop/stable", "aaa");
  world.select("shop/legacy", "aaa");
  CHECK(world.router->selections(world.find()).count("shop/legacy") == 1);
  world.select("shop/legacy", "");
  CHECK(world.router->selections(world.find()).count("shop/legacy") == 0);
}

TEST_CASE("a rule that lacks a subset is named", "[istio]") {
  IstioWorld world = subset_world();
  world.object("rule:default/shop")["spec"]["subsets"].erase(2);
  CHECK(world.fault(subset_split(0)) ==
        "DestinationRule default/shop: spec.subsets: has no subset \"canary\"");
  CHECK(world.router->selections(world.find()).count("shop/canary") == 0);
}

TEST_CASE("what a former split still has is taken back", "[istio]") {
  IstioWorld world = shop_world();
  crds::Routes routes = shop_split(30);
  routes.former = {{.stable = "shop-stable", .canary = "shop-old"}};
  world.http()[0]["route"] =
      destinations({{"shop-stable", 80}, {"shop-old", 20}, {"shop-canary", 0}});
  world.http()[1]["route"] = destinations({{"shop-stable", 60}, {"shop-old", 40}});
  CHECK(world.router->observe(routes, world.find()).former_weight == 40);
  world.apply(routes);
  CHECK(weights(world.http()[0]) == Weights{70, 0, 30});
  CHECK(weights(world.http()[1]) == Weights{100, 0});
  CHECK(world.router->observe(routes, world.find()).former_weight == 0);
  CHECK(world.apply(routes) == 0);
}

TEST_CASE("a host is a Service of its own or of a named namespace", "[istio]") {
  CHECK(service_host("shop", "a") == ServiceHost{"shop", "a"});
  CHECK(service_host("shop.b", "a") == ServiceHost{"shop", "b"});
  CHECK(service_host("shop.b.svc.cluster.local", "a") == ServiceHost{"shop", "b"});
  CHECK(service_host("api.pay.example", "a") == ServiceHost{"api.pay.example", ""});
}

TEST_CASE("Istio's settings are checked with their path", "[istio]") {
  const auto wrong = [](const char* config) {
    const auto read = read_istio_config(Json::parse(config), "default", "istio");
    return read ? "" : read.error().message;
  };
  CHECK(wrong(R"({"virtualService": {"name": "shop"}})").empty());
  CHECK(wrong("{}") == "istio.virtualService: Required value: name at least one VirtualService");
  CHECK(wrong("[]") == "istio: Invalid value: must be an object");
  CHECK(wrong(R"({"virtualService": {"name": "a"}, "virtualServices": []})") ==
        "istio.virtualServices: Invalid value: virtualService is set already");
  CHECK(wrong(R"({"virtualServices": [{"name": "a"}, {"name": "a.default"}]})") ==
        "istio.virtualServices[1].name: Duplicate value: \"a.default\"");
  CHECK(wrong(R"({"virtualService": {"name": ".mesh"}})") ==
        "istio.virtualService.name: Invalid value: \".mesh\": must be NAME or NAME.NAMESPACE");
  CHECK(wrong(R"({"virtualService": {"name": "a"}, "destinationRule": {"name": "b"}})") ==
        "istio.destinationRule.canarySubsetName: Required value");
  CHECK(wrong(R"({"virtualService": {"name": "a"}, "destinationRule":
                  {"name": "b", "canarySubsetName": "c", "stableSubsetName": "c"}})") ==
        "istio.destinationRule.canarySubsetName: Invalid value: \"c\": must differ from "
        "stableSubsetName");
}
