#include "traffic/nginx_router.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::traffic {
namespace {

using crds::Routes;

Json shop_ingress() {
  return Json::parse(R"({
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
    "metadata": {"name": "web", "namespace": "default",
                 "annotations": {"kubernetes.io/ingress.class": "nginx", "other": "stays away"}},
    "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["shop.example"]}], "rules": [
      {"host": "shop.example", "http": {"paths": [
        {"path": "/", "pathType": "Prefix",
         "backend": {"service": {"name": "shop-stable", "port": {"number": 80}}}},
        {"path": "/static", "pathType": "Prefix",
         "backend": {"service": {"name": "static", "port": {"number": 80}}}}]}},
      {"host": "static.example", "http": {"paths": [
        {"path": "/", "pathType": "Prefix",
         "backend": {"service": {"name": "static", "port": {"number": 80}}}}]}}]}})");
}

Routes routes_of_shop(int64_t weight, int64_t total = 100) {
  return crds::two_way_routes("shop-stable", "shop-canary", total, weight);
}

/// Ingresses by name, to which changes are applied.
struct Ingresses {
  std::map<std::string, Json> ingresses{{"web", shop_ingress()}};
  std::unique_ptr<Router> router = make({{"stableIngress", "web"}});

  static std::unique_ptr<Router> make(const Json& config) {
    return *nginx_router().make(config, {{"default", "shop"}, "uid-shop"}, "trafficRouting.nginx");
  }

  FindObject find() const {
    return [this](const ObjectRef& ref) -> const Json* {
      const auto found = ingresses.find(ref.key.name);
      return found == ingresses.end() ? nullptr : &found->second;
    };
  }

  size_t apply(const Routes& routes) {
    const auto changes = router->render(routes, find());
    REQUIRE(changes);
    for (const ObjectChange& change : *changes) {
      Json& object = ingresses[change.object.key.name];
      const Json body = Json::parse(change.body);
      object = change.verb == ObjectChange::Verb::Create ? body : object.patch(body);
    }
    return changes->size();
  }

  const Json& canary() const { return ingresses.at("shop-web-canary"); }

  std::string canary_says(const std::string& name) const {
    return canary()["metadata"]["annotations"].value("nginx.ingress.kubernetes.io/" + name, "");
  }

  std::optional<int64_t> weight() const {
    return router->observe(routes_of_shop(0), find()).canary_weight;
  }

  std::string fault(const Routes& routes) const {
    const auto faults = router->faults(routes, find());
    return faults.empty() ? "" : faults.front().message;
  }
};

TEST_CASE("the canary Ingress has the stable Service's paths and class", "[nginx]") {
  Ingresses world;
  CHECK(world.weight() == 0);
  CHECK(world.apply(routes_of_shop(0)) == 1);
  const Json& canary = world.canary();
  CHECK(canary["spec"]["ingressClassName"] == "nginx");
  CHECK_FALSE(canary["spec"].contains("tls"));
  REQUIRE(canary["spec"]["rules"].size() == 1);
  CHECK(canary["spec"]["rules"][0]["host"] == "shop.example");
  const Json& paths = canary["spec"]["rules"][0]["http"]["paths"];
  REQUIRE(paths.size() == 1);
  CHECK(paths[0]["path"] == "/");
  CHECK(paths[0]["backend"]["service"] ==
        Json({{"name", "shop-canary"}, {"port", {{"number", 80}}}}));
  const Json& owner = canary["metadata"]["ownerReferences"][0];
  CHECK(owner["kind"] == "Rollout");
  CHECK(owner["uid"] == "uid-shop");
  CHECK(owner["controller"] == true);
  const Json& annotations = canary["metadata"]["annotations"];
  CHECK(annotations["kubernetes.io/ingress.class"] == "nginx");
  CHECK_FALSE(annotations.contains("other"));
  CHECK(world.ingresses.at("web") == shop_ingress());
}

TEST_CASE("the weight is an annotation, and the total where it is not 100", "[nginx]") {
  Ingresses world;
  for (const int64_t weight : {20, 100, 0}) {
    world.apply(routes_of_shop(weight));
    CHECK(world.canary_says("canary") == "true");
    CHECK(world.canary_says("canary-weight") == std::to_string(weight));
    CHECK(world.canary_says("canary-weight-total").empty());
    CHECK(world.weight() == weight);
    CHECK(world.apply(routes_of_shop(weight)) == 0);
  }
  world.apply(routes_of_shop(7, 1000));
  CHECK(world.canary_says("canary-weight-total") == "1000");
  CHECK(world.router->observe(routes_of_shop(0, 1000), world.find()).canary_weight == 7);
  CHECK_FALSE(world.weight());
  world.apply(routes_of_shop(0));
  CHECK(world.canary_says("canary-weight-total").empty());
}

TEST_CASE("what somebody changed in the canary Ingress is put back", "[nginx]") {
  Ingresses world;
  world.apply(routes_of_shop(20));
  const Json right = world.canary();
  const char* const edits[] = {
      R"({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary-weight": "90"}}})",
      R"({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary-weight": null}}})",
      R"({"metadata": {"annotations": null}})",
      R"({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary": "false"}}})",
      R"({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary-weight-total": "50"}}})",
      R"({"spec": {"rules": []}})",
      R"({"spec": {"ingressClassName": "other"}})"};
  for (const char* edit : edits) {
    INFO(edit);
    world.ingresses["shop-web-canary"].merge_patch(Json::parse(edit));
    CHECK(world.apply(routes_of_shop(20)) == 1);
    CHECK(world.canary() == right);
  }
  world.ingresses.erase("shop-web-canary");
  CHECK(world.weight() == 0);
  world.apply(routes_of_shop(20));
  CHECK(world.canary() == right);
}

TEST_CASE("the canary Ingress follows its stable one", "[nginx]") {
  Ingresses world;
  world.apply(routes_of_shop(20));
  world.ingresses["web"]["spec"]["rules"][0]["host"] = "new.example";
  CHECK(world.apply(routes_of_shop(20)) == 1);
  CHECK(world.canary()["spec"]["rules"][0]["host"] == "new.example");
}

TEST_CASE("an edit of somebody else in between is not overwritten", "[nginx]") {
  Ingresses world;
  world.apply(routes_of_shop(20));
  const auto changes = world.router->render(routes_of_shop(30), world.find());
  REQUIRE(changes->size() == 1);
  Json edited = world.canary();
  edited["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] = "25";
  CHECK_THROWS(edited.patch(Json::parse(changes->front().body)));
}

TEST_CASE("what is missing is named, and traffic is taken back all the same", "[nginx]") {
  Ingresses world;
  world.apply(routes_of_shop(20));
  world.ingresses["web"]["spec"]["rules"].erase(0);
  CHECK(world.fault(routes_of_shop(0)) ==
        "Ingress default/web: spec.rules: no path leads to the stable Service \"shop-stable\"");
  world.ingresses.erase("web");
  CHECK(world.fault(routes_of_shop(0)) == "Ingress default/web: does not exist");
  const Observation seen = world.router->observe(routes_of_shop(0), world.find());
  CHECK(seen.state == ObservedState::Error);
  CHECK(seen.canary_weight == 20);
  CHECK(world.apply(routes_of_shop(0)) == 1);
  CHECK(world.canary_says("canary-weight") == "0");
  CHECK_FALSE(world.router->render(routes_of_shop(0), world.find()));
}

TEST_CASE("an Ingress of somebody else in the canary's place is left alone", "[nginx]") {
  Ingresses world;
  world.ingresses["shop-web-canary"] = shop_ingress();
  const auto rendered = world.router->render(routes_of_shop(20), world.find());
  REQUIRE_FALSE(rendered);
  CHECK(rendered.error().message.starts_with("Ingress default/shop-web-canary: belongs to"));
  CHECK_FALSE(world.weight());
}

TEST_CASE("several Ingresses, a prefix and further annotations", "[nginx]") {
  Ingresses world;
  world.router = Ingresses::make(Json::parse(R"({
    "stableIngresses": ["web", "api"], "annotationPrefix": "custom.example",
    "additionalIngressAnnotations": {"canary-by-header": "x-canary", "custom.example/a": "b"},
    "canaryIngressAnnotations": {"team": "shop"}})"));
  world.ingresses["api"] = shop_ingress();
  CHECK(world.apply(routes_of_shop(20)) == 2);
  const Json& annotations = world.ingresses.at("shop-api-canary")["metadata"]["annotations"];
  CHECK(annotations["custom.example/canary-weight"] == "20");
  CHECK(annotations["custom.example/canary-by-header"] == "x-canary");
  CHECK(annotations["custom.example/a"] == "b");
  CHECK(annotations["team"] == "shop");
  CHECK(world.weight() == 20);
  world.ingresses["shop-api-canary"]["metadata"]["annotations"]["custom.example/canary-weight"] =
      "30";
  CHECK_FALSE(world.weight());
}

TEST_CASE("nginx settings are checked with their path", "[nginx]") {
  const auto wrong = [](const char* config) {
    const auto read = read_nginx_config(Json::parse(config), "nginx");
    return read ? "" : read.error().message;
  };
  CHECK(wrong(R"({"stableIngress": "web"})").empty());
  CHECK(wrong("{}") == "nginx.stableIngress: Required value: name at least one Ingress");
  CHECK(wrong(R"({"stableIngress": "a", "stableIngresses": ["b"]})") ==
        "nginx.stableIngresses: Invalid value: stableIngress is set already");
  CHECK(wrong(R"({"stableIngresses": ["a", "a"]})") ==
        "nginx.stableIngresses[1]: Duplicate value: \"a\"");
  CHECK(wrong(R"({"stableIngress": "a", "canaryIngressAnnotations": {"b": 1}})") ==
        "nginx.canaryIngressAnnotations[b]: must be a string");
  CHECK(
      wrong(R"({"stableIngress": "a", "additionalIngressAnnotations": {"team.example/b": "c"}})") ==
      "nginx.additionalIngressAnnotations[team.example/b]: Invalid value: a key here gets the "
      "prefix \"nginx.ingress.kubernetes.io\"; one with another prefix belongs to "
      "canaryIngressAnnotations");
}

TEST_CASE("the name of a canary Ingress is no longer than a name may be", "[nginx]") {
  CHECK(canary_ingress_name("shop", "web") == "shop-web-canary");
  const std::string name = canary_ingress_name(std::string(200, 'a'), std::string(100, 'b'));
  CHECK(name.size() == 253);
  CHECK(name.ends_with("b-canary"));
}

}  // namespace
}  // namespace sluice::traffic
