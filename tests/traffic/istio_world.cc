#include "tests/traffic/istio_world.h"

#include "traffic/istio_router.h"

#include <catch2/catch.hpp>

namespace sluice::traffic::test {
namespace {

std::string place_of(const ObjectRef& ref) {
  return (ref.gvk.kind == "DestinationRule" ? "rule:" : "") + ref.key.to_string();
}

}  // namespace

Json virtual_service(const Json& http) {
  return {{"apiVersion", "networking.istio.io/v1beta1"},
          {"kind", "VirtualService"},
          {"metadata", {{"name", "shop"}, {"namespace", "default"}, {"resourceVersion", "7"}}},
          {"spec", {{"hosts", {"shop.example"}}, {"gateways", {"edge"}}, {"http", http}}}};
}

Json destinations(const std::vector<std::pair<std::string, int64_t>>& all) {
  Json route = Json::array();
  for (const auto& [name, weight] : all) {
    const size_t slash = name.find('/');
    Json& one = route.emplace_back(Json::object());
    one["destination"]["host"] = name.substr(0, slash);
    if (slash != std::string::npos) one["destination"]["subset"] = name.substr(slash + 1);
    one["weight"] = weight;
  }
  return route;
}

crds::Routes shop_split(int64_t weight, int64_t total) {
  return crds::two_way_routes("shop-stable", "shop-canary", total, weight);
}

crds::Routes subset_split(int64_t weight) {
  return crds::two_way_routes("shop/stable", "shop/canary", 100, weight);
}

IstioWorld::IstioWorld(const Json& config) {
  auto made =
      istio_router().make(config, {{"default", "shop"}, "uid-shop"}, "trafficRouting.istio");
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  router = *std::move(made);
}

FindObject IstioWorld::find() const {
  return [this](const ObjectRef& ref) -> const Json* {
    const auto found = objects.find(place_of(ref));
    return found == objects.end() ? nullptr : &found->second;
  };
}

size_t IstioWorld::take(const std::vector<ObjectChange>& changes) {
  for (const ObjectChange& change : changes) {
    REQUIRE(change.verb == ObjectChange::Verb::Patch);
    Json& object = objects.at(place_of(change.object));
    object = object.patch(Json::parse(change.body));
  }
  return changes.size();
}

size_t IstioWorld::apply(const crds::Routes& routes) {
  const auto changes = router->render(routes, find());
  INFO((changes ? "" : changes.error().message));
  REQUIRE(changes);
  return take(*changes);
}

size_t IstioWorld::select(const std::string& side, const std::string& hash) {
  return take(router->select(side, hash, find()));
}

std::string IstioWorld::fault(const crds::Routes& routes) const {
  const auto faults = router->faults(routes, find());
  return faults.empty() ? "" : faults.front().message;
}

}  // namespace sluice::traffic::test
