// The gateway's controller between a real object store and a real HAProxy.

#include "kube/object_store.h"
#include "local/gateway/gateway_controller.h"
#include "local/gateway/http_route.h"
#include "local/store/database.h"
#include "local/store/gateway_crds.h"
#include "local/store/registry.h"
#include "local/store/store.h"
#include "net/sleep.h"
#include "tests/local_gateway/gateway_rig.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

using namespace std::chrono_literals;

kube::Resource resource(std::string_view group, std::string_view kind) {
  const kube::Resource* found = kube::find_resource(group, kind);
  REQUIRE(found != nullptr);
  return *found;
}

kube::Resource routes() {
  return resource(kGatewayGroup, "HTTPRoute");
}

kube::Resource ingresses() {
  return resource("networking.k8s.io", "Ingress");
}

ObjectKey shop_key() {
  return {"default", "shop"};
}

/// The shop's objects in an object store of its own.
class ShopCluster {
 public:
  explicit ShopCluster(GatewayRig& rig) : rig_(rig) {
    auto database = Database::open(":memory:");
    REQUIRE(database);
    auto registry = Registry::open(*std::move(database), rig.loop.clock());
    REQUIRE(registry);
    registry_ = *std::move(registry);
    store = std::make_unique<Store>(*registry_);
  }

  asio::awaitable<void> install() {
    const Result<void> installed = co_await install_gateway_crds(*store);
    INFO((installed ? "" : installed.error().message));
    REQUIRE(installed);
  }

  asio::awaitable<void> create(kube::Resource kind, Json object) {
    object["apiVersion"] = kind.gvk.api_version();
    object["kind"] = kind.gvk.kind;
    const auto created = co_await store->create(kind, "default", object.dump());
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
  }

  asio::awaitable<void> create_service(std::string name, const Upstream& upstream) {
    Json service = {{"metadata", {{"name", name}}},
                    {"spec", {{"ports", {{{"name", "http"}, {"port", 80}}}}}}};
    co_await create(resource("", "Service"), std::move(service));
    Json slice = {
        {"metadata", {{"name", name + "-1"}, {"labels", {{"kubernetes.io/service-name", name}}}}},
        {"addressType", "IPv4"},
        {"ports", {{{"name", "http"}, {"port", rig_.upstream_port()}, {"protocol", "TCP"}}}},
        {"endpoints",
         {{{"addresses", {upstream.pod().address}},
           {"conditions", {{"ready", true}}},
           {"targetRef", {{"kind", "Pod"}, {"name", upstream.pod().name}}}}}}};
    co_await create(resource("discovery.k8s.io", "EndpointSlice"), std::move(slice));
  }

  static Json route_spec(int stable, int canary) {
    return {{"parentRefs", {{{"name", "sluice"}}}},
            {"rules",
             {{{"backendRefs",
                {{{"name", "stable"}, {"port", 80}, {"weight", stable}},
                 {{"name", "canary"}, {"port", 80}, {"weight", canary}}}}}}}};
  }

  asio::awaitable<void> create_route() {
    Json route = {{"metadata", {{"name", "shop"}}}, {"spec", route_spec(100, 0)}};
    co_await create(routes(), std::move(route));
  }

  asio::awaitable<void> set_weights(int stable, int canary) {
    const Json patch = {{"spec", route_spec(stable, canary)}};
    const ObjectKey key = shop_key();
    const kube::PatchOptions options;
    const auto patched =
        co_await store->patch(routes(), key, kube::PatchType::Merge, patch.dump(), options);
    REQUIRE(patched);
  }

  asio::awaitable<Json> route() {
    const ObjectKey key = shop_key();
    const auto object = co_await store->get(routes(), key);
    REQUIRE(object);
    co_return *object->parse();
  }

  /// The condition once the route's status is about its present generation and that reason.
  asio::awaitable<Json> condition(std::string type, std::string reason) {
    Clock& clock = rig_.loop.clock();
    const SteadyTime deadline = clock.steady_now() + kGenerous;
    while (clock.steady_now() < deadline) {
      const Json object = co_await route();
      const Json* parents = find_path(object, "status.parents");
      const int64_t generation = int_at(object, "metadata.generation");
      if (parents != nullptr && !parents->empty()) {
        for (const Json& found : (*parents)[0]["conditions"]) {
          if (found["type"] == type && found["reason"] == reason &&
              found["observedGeneration"] == generation) {
            co_return found;
          }
        }
      }
      co_await net::sleep_for(clock, 1ms);
    }
    FAIL("the status never said so");
    co_return Json();
  }

  static Json ingress(const std::string& name, const char* service) {
    const Json path = {
        {"path", "/"},
        {"pathType", "Prefix"},
        {"backend", {{"service", {{"name", service}, {"port", {{"name", "http"}}}}}}}};
    return {{"metadata", {{"name", name}}},
            {"spec", {{"rules", {{{"http", {{"paths", {path}}}}}}}}}};
  }

  /// The address in the Ingress's status once there is one.
  asio::awaitable<std::string> address_of(std::string name) {
    Clock& clock = rig_.loop.clock();
    const SteadyTime deadline = clock.steady_now() + kGenerous;
    const ObjectKey key{"default", std::move(name)};
    while (clock.steady_now() < deadline) {
      const auto object = co_await store->get(ingresses(), key);
      REQUIRE(object);
      const Json document = *object->parse();
      const Json* said = find_path(document, "status.loadBalancer.ingress");
      if (said != nullptr) co_return string_at(said->front(), "ip");
      co_await net::sleep_for(clock, 1ms);
    }
    FAIL("the Ingress never got an address");
    co_return "";
  }

  /// The message of the event about that Ingress, once there is one.
  asio::awaitable<std::string> told_of(std::string name) {
    Clock& clock = rig_.loop.clock();
    const SteadyTime deadline = clock.steady_now() + kGenerous;
    while (clock.steady_now() < deadline) {
      const kube::ListOptions all;
      const auto events = co_await store->list(resource("", "Event"), all);
      REQUIRE(events);
      for (const kube::Object& event : events->items) {
        const Json document = *event.parse();
        if (string_at(document, "involvedObject.name") == name)
          co_return string_at(document, "message");
      }
      co_await net::sleep_for(clock, 1ms);
    }
    FAIL("nothing was told of the Ingress");
    co_return "";
  }

  std::unique_ptr<Store> store;

 private:
  GatewayRig& rig_;
  std::unique_ptr<Registry> registry_;
};

/// Asks a hundred times: that pod answers each time.
asio::awaitable<void> expect_all_from(GatewayRig& rig, std::string pod) {
  const auto counts = co_await rig.sample(100, 4);
  CHECK(counts == std::map<std::string, int>{{pod, 100}});
}

asio::awaitable<void> status_follows_the_data_plane(GatewayRig& rig) {
  Upstream& stable = rig.add_upstream("shop-aaa-1");
  Upstream& canary = rig.add_upstream("shop-bbb-1");
  ShopCluster cluster(rig);
  co_await cluster.install();
  GatewayController controller(rig.loop.executor(), rig.loop.clock(), *cluster.store, *rig.haproxy,
                               rig.listen);
  controller.start();
  co_await cluster.create_service("stable", stable);
  co_await cluster.create_service("canary", canary);
  co_await cluster.create_route();
  co_await cluster.condition("Accepted", "Accepted");
  co_await cluster.condition("ResolvedRefs", "ResolvedRefs");
  co_await expect_all_from(rig, "shop-aaa-1");

  const SteadyTime before = rig.loop.clock().steady_now();
  co_await cluster.set_weights(0, 100);
  co_await cluster.condition("Accepted", "Accepted");
  fmt::print("from the write to the confirmed status: {} us\n",
             (rig.loop.clock().steady_now() - before) / 1us);
  co_await expect_all_from(rig, "shop-bbb-1");

  // A status that is right is left alone.
  const Json settled = co_await cluster.route();
  co_await cluster.create_service("other", stable);
  co_await net::sleep_for(rig.loop.clock(), 50ms);
  const Json later = co_await cluster.route();
  CHECK(later == settled);
  co_await controller.stop();
}

TEST_CASE("a route's status confirms what HAProxy does already", "[gateway]") {
  with_gateway(status_follows_the_data_plane);
}

asio::awaitable<void> missing_service_is_told(GatewayRig& rig) {
  Upstream& stable = rig.add_upstream("shop-aaa-1");
  ShopCluster cluster(rig);
  co_await cluster.install();
  GatewayController controller(rig.loop.executor(), rig.loop.clock(), *cluster.store, *rig.haproxy,
                               rig.listen);
  controller.start();
  co_await cluster.create_service("stable", stable);
  co_await cluster.create_route();
  const Json missing = co_await cluster.condition("ResolvedRefs", "BackendNotFound");
  CHECK(missing["status"] == "False");
  CHECK(missing["message"] == "Service default/canary does not exist");
  const Answer answer = co_await rig.ask("/");
  CHECK(answer.body == "shop-aaa-1");

  co_await cluster.create_service("canary", rig.add_upstream("shop-bbb-1"));
  const Json healed = co_await cluster.condition("ResolvedRefs", "ResolvedRefs");
  CHECK(healed["status"] == "True");

  const ObjectKey slice{"default", "stable-1"};
  const kube::RemoveOptions options;
  const auto removed =
      co_await cluster.store->remove(resource("discovery.k8s.io", "EndpointSlice"), slice, options);
  REQUIRE(removed);
  const SteadyTime deadline = rig.loop.clock().steady_now() + kGenerous;
  Answer gone = co_await rig.ask("/");
  while (gone.status != 503 && rig.loop.clock().steady_now() < deadline)
    gone = co_await rig.ask("/");
  CHECK(gone.status == 503);
  co_await controller.stop();
}

asio::awaitable<void> follows_ingresses(GatewayRig& rig) {
  ShopCluster cluster(rig);
  co_await cluster.install();
  GatewayController controller(rig.loop.executor(), rig.loop.clock(), *cluster.store, *rig.haproxy,
                               rig.listen);
  controller.start();
  Json main = ShopCluster::ingress("main", "stable");
  co_await cluster.create(ingresses(), std::move(main));
  const std::string missing = co_await cluster.told_of("main");
  CHECK(missing == "Service default/stable does not exist");
  const std::string address = co_await cluster.address_of("main");
  CHECK(address == rig.listen.host);
  co_await rig.expect_status("/", 503);

  co_await cluster.create_service("stable", rig.add_upstream("shop-aaa-1"));
  co_await cluster.create_service("canary", rig.add_upstream("shop-bbb-1"));
  Json canary = ShopCluster::ingress("canary", "canary");
  canary["metadata"]["annotations"] = {{"nginx.ingress.kubernetes.io/canary", "true"},
                                       {"nginx.ingress.kubernetes.io/canary-weight", "100"}};
  co_await cluster.create(ingresses(), std::move(canary));
  const std::string served = co_await cluster.address_of("canary");
  CHECK(served == rig.listen.host);
  co_await expect_all_from(rig, "shop-bbb-1");

  const ObjectKey key{"default", "canary"};
  const kube::RemoveOptions options;
  const auto removed = co_await cluster.store->remove(ingresses(), key, options);
  REQUIRE(removed);
  const SteadyTime deadline = rig.loop.clock().steady_now() + kGenerous;
  Answer answer = co_await rig.ask("/");
  while (answer.body != "shop-aaa-1" && rig.loop.clock().steady_now() < deadline)
    answer = co_await rig.ask("/");
  co_await expect_all_from(rig, "shop-aaa-1");
  co_await controller.stop();
}

TEST_CASE("Ingresses are served with their canaries, have an address and say what is wrong",
          "[ingress]") {
  with_gateway(follows_ingresses);
}

TEST_CASE("a missing Service and vanished endpoints are told and heal", "[gateway]") {
  with_gateway(missing_service_is_told);
}

}  // namespace
}  // namespace sluice::local
