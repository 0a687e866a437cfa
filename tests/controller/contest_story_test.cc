// Writers who disagree with the controller about an object.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/controller/controller_world.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

Json paused_steps() {
  return Json::array({weight_step(20), pause_step()});
}

/// Undoes every change of an object at once, as a second controller would.
class Meddler {
 public:
  using Undo = std::function<Json(const Json& object)>;

  /// `undo` gives the merge patch that puts the object back; null where it is as he wants it.
  Meddler(ControllerWorld& world, std::string kind, std::string name, Undo undo)
      : world_(world), kind_(std::move(kind)), name_(std::move(name)), undo_(std::move(undo)) {
    observer_ = world.registry->observe([this](const local::Change& change) {
      if (change.resource->kind == kind_ && change.after && change.after->meta.name == name_)
        boost::asio::post(world_.context, [this] { act(); });
    });
    act();
  }

  bool active = true;
  int undone = 0;

 private:
  void act() {
    if (!active) return;
    const Json patch = undo_(world_.get(kind_, name_));
    if (patch.is_null()) return;
    ++undone;
    world_.patch(kind_, name_, patch);
  }

  ControllerWorld& world_;
  std::string kind_;
  std::string name_;
  Undo undo_;
  std::shared_ptr<void> observer_;
};

/// Wants the canary to have that weight.
Meddler::Undo weight_is(int weight) {
  return [weight](const Json& route) -> Json {
    Json rules = route["spec"]["rules"];
    Json& backends = rules[0]["backendRefs"];
    if (backends[1]["weight"] == weight) return nullptr;
    backends[0]["weight"] = 100 - weight;
    backends[1]["weight"] = weight;
    return {{"spec", {{"rules", rules}}}};
  };
}

Json condition(const ControllerWorld& world, std::string_view type) {
  for (const Json& entry : world.rollout()["status"]["conditions"])
    if (entry["type"] == type) return entry;
  return nullptr;
}

}  // namespace

TEST_CASE("who undoes the routes is written against ever more slowly, and is told of") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  Meddler meddler(world, "HTTPRoute", "shop", weight_is(0));
  world.release("shop:v2");
  world.tick(60);
  // 5 at once, then after 0.1, 0.2, 0.4 … 10 s: a dozen and a few in a minute.
  CHECK(meddler.undone >= 8);
  CHECK(meddler.undone <= 20);
  const Json contested = condition(world, engine::kWritesContested);
  REQUIRE_FALSE(contested.is_null());
  CHECK(string_at(contested, "message").find("the routes: somebody else undoes") == 0);
  CHECK(std::count(world.events.codes.begin(), world.events.codes.end(),
                   engine::kWritesContested) == 1);

  meddler.active = false;
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.canary_weight() == 20);
  world.tick(40);
  CHECK(condition(world, engine::kWritesContested).is_null());
}

TEST_CASE("who undoes the routes is named, where the API server knows his name") {
  Json route = shop_route();
  route["metadata"] = Json::parse(R"({"name": "shop", "namespace": "default", "uid": "route-1",
      "generation": 1, "creationTimestamp": "2025-12-31T00:00:00Z", "managedFields": [
        {"manager": "argocd", "operation": "Update", "apiVersion": "gateway.networking.k8s.io/v1",
         "time": "2025-12-31T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}]})");
  ControllerWorld world(1, {route});
  world.create(shop_service("shop-stable"));
  world.create(shop_service("shop-canary"));
  world.create(shop_rollout(5, paused_steps()));
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  const Meddler meddler(world, "HTTPRoute", "shop", weight_is(0));
  world.release("shop:v2");
  world.tick(30);
  const Json contested = condition(world, engine::kWritesContested);
  REQUIRE_FALSE(contested.is_null());
  CHECK(string_at(contested, "message").find("the routes: \"argocd\" undoes what") == 0);
}

TEST_CASE("a neighbour who writes to the route without end holds up no weight") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  int64_t taken_up = 0;
  Meddler neighbour(world, "HTTPRoute", "shop", [&taken_up](const Json& route) -> Json {
    const Json& accepted = route["status"]["parents"][0]["conditions"][0];
    const int64_t generation = int_at(route, "metadata.generation");
    if (int_at(accepted, "observedGeneration") != generation) return nullptr;
    taken_up = generation;
    Json rules = route["spec"]["rules"];
    const Json own = {{"backendRefs", {{{"name", "cart"}, {"port", 80}, {"weight", generation}}}}};
    rules.size() == 1 ? rules.push_back(own) : void(rules[1] = own);
    return {{"spec", {{"rules", rules}}}};
  });
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  CHECK(world.canary_weight() == 20);
  CHECK(taken_up < int_at(world.get("HTTPRoute", "shop"), "metadata.generation"));
  CHECK(neighbour.undone > 1);
}

TEST_CASE("who undoes a revert holds it back for half a second at most") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  Meddler meddler(world, "HTTPRoute", "shop", weight_is(20));
  world.abort();
  world.tick(30);
  CHECK(meddler.undone >= 50);
  CHECK(meddler.undone <= 75);
  meddler.active = false;
  world.tick();
  CHECK(world.canary_weight() == 0);
}

TEST_CASE("who undoes the size of a ReplicaSet does not keep the controller busy") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  const std::string canary = string_at(world.revision("shop:v2"), "metadata.name");
  Meddler meddler(world, "ReplicaSet", canary, [](const Json& replica_set) -> Json {
    if (int_at(replica_set, "spec.replicas") == 0) return nullptr;
    return {{"spec", {{"replicas", 0}}}};
  });
  world.tick(60);
  CHECK(meddler.undone >= 8);
  CHECK(meddler.undone <= 20);
  CHECK(string_at(condition(world, engine::kWritesContested), "message")
            .find("the size of " + canary + ": ") == 0);
  meddler.active = false;
  world.tick(40);
  CHECK(world.pods("shop:v2") == 1);
  CHECK(condition(world, engine::kWritesContested).is_null());
}

TEST_CASE("who undoes the selector of a Service does not keep the controller busy") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  Meddler meddler(world, "Service", "shop-canary", [](const Json& service) -> Json {
    const char* label = "rollouts-pod-template-hash";
    if (!service["spec"]["selector"].contains(label)) return nullptr;
    return {{"spec", {{"selector", {{label, nullptr}}}}}};
  });
  world.release("shop:v2");
  world.tick(60);
  CHECK(meddler.undone >= 8);
  CHECK(meddler.undone <= 20);
  CHECK(string_at(condition(world, engine::kWritesContested), "message")
            .find("Service shop-canary: ") == 0);
}
