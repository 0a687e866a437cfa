// What the Gateway API router makes of a route's status.

#include "tests/traffic/http_routes.h"

namespace sluice::traffic {
namespace {

TEST_CASE("a weight counts once the gateway has taken it up", "[gateway_api]") {
  HttpRoutes world;
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Verified);
  world.route["metadata"]["generation"] = 4;
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Pending);
  Json& condition = world.route["status"]["parents"][0]["conditions"][1];
  world.route["metadata"]["generation"] = 3;
  condition["status"] = "False";
  condition["message"] = "no such Service";
  const auto refused = world.router->observe(shop_routes(0), world.find());
  CHECK(refused.state == ObservedState::Error);
  CHECK(refused.message ==
        "HTTPRoute default/shop: the gateway says ResolvedRefs=False: no such Service");
  world.route.erase("status");
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Pending);
}

TEST_CASE("what others write after us holds up no weight of ours", "[gateway_api]") {
  HttpRoutes world;
  const auto state_since = [&world](int64_t generation) {
    return world.router
        ->observe(shop_routes(0), world.find(),
                  [generation](const Observation& /*seen*/) { return generation; })
        .state;
  };
  world.route["metadata"]["generation"] = 5;
  CHECK(state_since(3) == ObservedState::Verified);
  CHECK(state_since(4) == ObservedState::Pending);
  Json& parents = world.route["status"]["parents"];
  parents.push_back(parents[0]);
  parents[1]["conditions"][0]["observedGeneration"] = 2;
  CHECK(state_since(3) == ObservedState::Pending);
  CHECK(state_since(2) == ObservedState::Verified);
  parents[1]["conditions"][0]["status"] = "False";
  CHECK(state_since(2) == ObservedState::Pending);
}

TEST_CASE("what one route's gateway has taken up says nothing of another's", "[gateway_api]") {
  HttpRoutes world;
  world.router =
      make_router(Json::parse(R"({"httpRoutes": [{"name": "shop"}, {"name": "shop2"}]})"));
  Json late = world.route;
  late["metadata"]["generation"] = 4;
  const FindObject find = [&](const ObjectRef& ref) {
    return ref.key.name == "shop" ? &world.route : &late;
  };
  const auto state_with = [&](int64_t since_of_late) {
    return world.router
        ->observe(shop_routes(0), find,
                  [&](const Observation& seen) {
                    return seen.object->key.name == "shop" ? 3 : since_of_late;
                  })
        .state;
  };
  CHECK(state_with(4) == ObservedState::Pending);
  CHECK(state_with(3) == ObservedState::Verified);
}

TEST_CASE("only gateways that the route refers to are asked", "[gateway_api]") {
  HttpRoutes world;
  Json& parents = world.route["status"]["parents"];
  world.route["spec"]["parentRefs"] = Json::parse(R"([{"name": "edge"}])");
  parents[0]["parentRef"] = {{"name", "edge"}, {"namespace", "default"}};
  Json former = parents[0];
  former["parentRef"]["name"] = "former";
  former["conditions"][0]["observedGeneration"] = 1;
  parents.push_back(former);
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Verified);
  parents.erase(0);
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Pending);
}

TEST_CASE("a gateway that does not say what it saw cannot confirm", "[gateway_api]") {
  HttpRoutes world;
  for (Json& condition : world.route["status"]["parents"][0]["conditions"])
    condition.erase("observedGeneration");
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Unsupported);
}

TEST_CASE("a gateway that cannot confirm does not hide one that has yet to", "[gateway_api]") {
  HttpRoutes world;
  Json& parents = world.route["status"]["parents"];
  parents.push_back(parents[0]);
  for (Json& condition : parents[1]["conditions"]) condition.erase("observedGeneration");
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Unsupported);
  world.route["metadata"]["generation"] = 4;
  CHECK(world.router->observe(shop_routes(0), world.find()).state == ObservedState::Pending);
}

TEST_CASE("weights that are not what was set are not taken for it", "[gateway_api]") {
  HttpRoutes world;
  CHECK_FALSE(world.router->observe(shop_routes(0), world.find()).canary_weight);
  world.apply(shop_routes(30));
  world.route["spec"]["rules"][0]["backendRefs"][0]["weight"] = 60;
  CHECK_FALSE(world.router->observe(shop_routes(0), world.find()).canary_weight);
}

}  // namespace
}  // namespace sluice::traffic
