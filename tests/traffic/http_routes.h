#pragma once

// An HTTPRoute "shop" that a gateway has taken up, and the router that splits it.

#include "traffic/gateway_api_router.h"
#include "traffic/router_registry.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::traffic {

inline Json shop_route() {
  return Json::parse(R"({
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    "metadata": {"name": "shop", "namespace": "default", "generation": 3, "resourceVersion": "7"},
    "spec": {"rules": [
      {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
       "backendRefs": [{"name": "shop-stable", "port": 80}, {"name": "shop-canary", "port": 80},
                       {"name": "audit", "port": 80, "weight": 5}]},
      {"backendRefs": [{"name": "static", "port": 80}]}]},
    "status": {"parents": [{"conditions": [
      {"type": "Accepted", "status": "True", "observedGeneration": 3},
      {"type": "ResolvedRefs", "status": "True", "observedGeneration": 3}]}]}})");
}

inline crds::Routes shop_routes(int64_t weight) {
  return crds::two_way_routes("shop-stable", "shop-canary", 100, weight);
}

inline std::unique_ptr<Router> make_router(const Json& config) {
  return *gateway_api_router().make(config, {{"default", "shop"}, "uid-shop"},
                                    "trafficRouting.gatewayAPI");
}

/// A route in a cluster of one object, to which patches are applied.
struct HttpRoutes {
  Json route = shop_route();
  std::unique_ptr<Router> router = make_router({{"httpRoute", "shop"}});

  FindObject find() const {
    return [this](const ObjectRef& ref) { return ref.key.name == "shop" ? &route : nullptr; };
  }

  size_t apply(const crds::Routes& routes) {
    const auto patches = router->render(routes, find());
    REQUIRE(patches);
    for (const ObjectChange& change : *patches) route = route.patch(Json::parse(change.body));
    return patches->size();
  }
};

}  // namespace sluice::traffic
