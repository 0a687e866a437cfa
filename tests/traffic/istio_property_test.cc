// Whatever a VirtualService looks like: what holds of all that Istio's router makes of it.

#include "tests/fakes/dice.h"
#include "tests/traffic/istio_world.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <initializer_list>

using namespace sluice;
using namespace sluice::traffic;
using namespace sluice::traffic::test;

namespace {

constexpr uint32_t kVirtualServices = 500;
constexpr int kWeightMax = 120;

const char* one_of(Dice& dice, std::initializer_list<const char*> all) {
  return all.begin()[dice.roll(static_cast<int>(all.size()))];
}

/// A route of the shop or of others, in any order and with any weights.
Json any_route(Dice& dice, bool http) {
  Json route = Json::object();
  if (http && dice.chance(50)) route["name"] = one_of(dice, {"primary", "beta", "other"});
  if (dice.chance(50)) route["timeout"] = "3s";
  if (http && dice.chance(50))
    route["match"] = Json::parse(one_of(
        dice, {R"([{"uri": {"prefix": "/api"}}])", R"([{"uri": {"exact": "/"}}, {"port": 80}])",
               R"([{"method": {"exact": "PUT"}}])"}));
  std::vector<std::pair<std::string, int64_t>> to{{"audit", dice.roll(kWeightMax)}};
  if (dice.chance(70))
    to.insert(dice.chance(50) ? to.begin() : to.end(),
              {{"shop-stable", dice.roll(kWeightMax)}, {"shop-canary", dice.roll(kWeightMax)}});
  if (to.size() == 3 && dice.chance(70))
    std::erase_if(to, [](auto& o) { return o.first == "audit"; });
  route["route"] = destinations(to);
  for (Json& destination : route["route"])
    if (dice.chance(20)) destination.erase("weight");
  return route;
}

Json any_virtual_service(Dice& dice) {
  Json object = virtual_service(Json::array());
  for (const char* protocol : {"http", "tls", "tcp"})
    for (int left = dice.roll(4); left > 0; --left)
      object["spec"][protocol].push_back(any_route(dice, std::string_view(protocol) == "http"));
  return object;
}

crds::Routes any_routes(Dice& dice) {
  const int total = dice.chance(50) ? 100 : 1'000'000;
  crds::Routes routes = shop_split(dice.roll(total + 1), total);
  routes.managed = {"shadow", "beta"};
  if (dice.chance(50)) routes.header_routes = {{"beta", {{"x-user", {.exact = "ann"}}}}};
  if (dice.chance(50)) routes.mirror_routes = {{"shadow", {{.method = {.exact = "GET"}}}, 35}};
  return routes;
}

/// Writes what can be written, also where something else cannot be.
size_t write(IstioWorld& world, const crds::Routes& routes) {
  const auto changes = world.router->render(routes, world.find());
  return changes ? world.apply(routes) : 0;
}

IstioWorld world_of(const Json& object) {
  IstioWorld world({{"virtualService", {{"name", "shop"}}}});
  world.objects["default/shop"] = object;
  return world;
}

bool leads_to_canary(const Json& destination) {
  return destination["destination"]["host"] == "shop-canary";
}

bool is_shops(const Json& destination) {
  return leads_to_canary(destination) || destination["destination"]["host"] == "shop-stable";
}

bool is_managed_copy(const Json& route) {
  const Json& to = route["route"];
  return route.contains("mirror") || (to.size() == 1 && leads_to_canary(to[0]));
}

/// Without what is the Rollout's.
Json foreign_part(Json object) {
  for (const char* protocol : {"http", "tls", "tcp"}) {
    Json kept = Json::array();
    for (Json& route : object["spec"][protocol]) {
      if (is_managed_copy(route)) continue;
      for (Json& destination : route["route"])
        if (is_shops(destination)) destination.erase("weight");
      kept.push_back(route);
    }
    object["spec"][protocol] = kept;
  }
  return object;
}

/// No weight at all is none.
Json without_zeros(Json object) {
  for (const char* protocol : {"http", "tls", "tcp"})
    for (Json& route : object["spec"][protocol])
      for (Json& destination : route["route"])
        if (int_at(destination, "weight") == 0) destination.erase("weight");
  return object;
}

/// Where others have the total to themselves the stable side is left as it is found.
bool is_taken(const Json& route) {
  int64_t others = 0;
  for (const Json& destination : route["route"])
    if (!is_shops(destination)) others += int_at(destination, "weight");
  return others >= 100;
}

Json without_taken(Json object) {
  for (const char* protocol : {"http", "tls", "tcp"})
    for (Json& route : object["spec"][protocol])
      if (is_taken(route))
        for (Json& destination : route["route"])
          if (is_shops(destination)) destination.erase("weight");
  return object;
}

void check_weights(const Json& route, const crds::Routes& routes) {
  int64_t others = 0;
  Json stable;
  Json canary;
  for (const Json& destination : route["route"])
    if (leads_to_canary(destination))
      canary = destination;
    else if (is_shops(destination))
      stable = destination;
    else
      others += int_at(destination, "weight");
  if (stable.is_null() || canary.is_null()) return;
  if (others >= routes.total) return;
  CHECK(int_at(canary, "weight") == routes.canary().weight);
  CHECK(int_at(stable, "weight") ==
        std::max<int64_t>(routes.total - routes.canary().weight - others, 0));
}

}  // namespace

TEST_CASE("of any VirtualService the weights are the Rollout's, and all else stays", "[istio]") {
  for (uint32_t seed = 0; seed < kVirtualServices; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const Json before = any_virtual_service(dice);
    IstioWorld world = world_of(before);
    const crds::Routes routes = any_routes(dice);
    write(world, routes);
    const Json after = world.object("default/shop");
    CHECK(foreign_part(after) == foreign_part(before));
    for (const char* protocol : {"http", "tls", "tcp"})
      for (const Json& route : after["spec"].value(protocol, Json::array()))
        check_weights(route, routes);
    CHECK(write(world, routes) == 0);
  }
}

TEST_CASE("of whatever was written nothing is left at the end", "[istio]") {
  for (uint32_t seed = 0; seed < kVirtualServices; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const Json before = any_virtual_service(dice);
    crds::Routes end = shop_split(0);
    end.managed = {"shadow", "beta"};
    IstioWorld direct = world_of(before);
    write(direct, end);
    IstioWorld world = world_of(before);
    for (int left = dice.roll(5); left > 0; --left) write(world, any_routes(dice));
    write(world, end);
    CHECK(without_taken(without_zeros(world.object("default/shop"))) ==
          without_taken(without_zeros(direct.object("default/shop"))));
  }
}
