// Ingress and IngressClass as kinds of the embedded cluster.

#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

constexpr const char* kIngresses = "ingresses.networking.k8s.io";
constexpr const char* kClasses = "ingressclasses.networking.k8s.io";

Json backend(const char* service, const Json& port) {
  return {{"service", {{"name", service}, {"port", port}}}};
}

/// One host, one path.
Json ingress(const std::string& name) {
  const Json path = {
      {"path", "/"}, {"pathType", "Prefix"}, {"backend", backend("shop", {{"number", 80}})}};
  return {{"metadata", {{"name", name}}},
          {"spec", {{"rules", {{{"host", "shop.test"}, {"http", {{"paths", {path}}}}}}}}}};
}

/// Why a new object was refused; "" where it was not.
std::string refusal(const RegistryFixture& world, const char* type, const Json& object) {
  const auto created = world.registry->create(*world.type(type), "default", dump_json(object));
  return created ? "" : created.error().message;
}

}  // namespace

TEST_CASE("an Ingress starts without an address, and its generation counts changes of the spec",
          "[registry]") {
  RegistryFixture world;
  const Json made = world.create(kIngresses, ingress("shop"));
  CHECK(made["status"] == Json{{"loadBalancer", Json::object()}});
  CHECK(made["metadata"]["generation"] == 1);
  const Json annotation = {
      {"metadata", {{"annotations", {{"nginx.ingress.kubernetes.io/canary-weight", "20"}}}}}};
  CHECK(world.patch(kIngresses, "shop", annotation)["metadata"]["generation"] == 1);
  const Json served = {{"status", {{"loadBalancer", {{"ingress", {{{"ip", "127.0.0.1"}}}}}}}}};
  CHECK(world.patch(kIngresses, "shop", served)["status"]["loadBalancer"]["ingress"].is_null());
  CHECK(world.patch(kIngresses, "shop", served, Subresource::Status)["status"] == served["status"]);
  const Json renamed = {{"spec", {{"ingressClassName", "nginx"}}}};
  const Json after = world.patch(kIngresses, "shop", renamed);
  CHECK(after["metadata"]["generation"] == 2);
  CHECK(after["status"] == served["status"]);
}

TEST_CASE("an Ingress that no controller could serve is refused by its field", "[registry]") {
  struct Case {
    const char* pointer;
    Json value;
    std::string message;
  };

  const std::string field = "spec.rules[0].http.paths[0]";
  const Case cases[] = {
      {"/spec", Json::object(),
       "spec: Invalid value: null: either `defaultBackend` or `rules` must"},
      {"/spec/rules/0/host", "10.0.0.1",
       "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"},
      {"/spec/rules/0/host", "shop.*.test", "spec.rules[0].host: Invalid value: \"shop.*.test\""},
      {"/spec/rules/0/http/paths", Json::array(), "spec.rules[0].http.paths: Required value"},
      {"/spec/rules/0/http/paths/0/pathType", nullptr,
       field + ".pathType: Required value: pathType must be specified"},
      {"/spec/rules/0/http/paths/0/pathType", "Regex",
       field + ".pathType: Unsupported value: \"Regex\": supported values: \"Exact\", "
               "\"ImplementationSpecific\", \"Prefix\""},
      {"/spec/rules/0/http/paths/0/path", "shop",
       field + ".path: Invalid value: \"shop\": must be an absolute path"},
      {"/spec/rules/0/http/paths/0/path", "/a//b",
       field + ".path: Invalid value: \"/a//b\": must not contain '//'"},
      {"/spec/rules/0/http/paths/0/backend", Json::object(),
       field + ".backend: Invalid value: \"\": resource or service backend is required"},
      {"/spec/rules/0/http/paths/0/backend/service/name", "",
       field + ".backend.service.name: Required value"},
      {"/spec/rules/0/http/paths/0/backend/service/port", Json::object(),
       field + ".backend.service.port: Required value: port name or number is required"},
      {"/spec/rules/0/http/paths/0/backend/service/port",
       {{"number", 80}, {"name", "http"}},
       field + ".backend.service.port: Invalid value: \"\": cannot set both port name & port"},
      {"/spec/rules/0/http/paths/0/backend/service/port",
       {{"number", 70000}},
       field + ".backend.service.port.number: Invalid value: 70000: must be between 1 and 65535"},
  };
  const RegistryFixture world;
  for (const Case& row : cases) {
    Json object = ingress("shop");
    object[Json::json_pointer(row.pointer)] = row.value;
    INFO(row.pointer << " " << row.value.dump());
    const std::string message = refusal(world, kIngresses, object);
    CHECK(message.find(row.message) != std::string::npos);
  }
  Json wildcard = ingress("wild");
  wildcard["spec"]["rules"][0]["host"] = "*.shop.test";
  CHECK(refusal(world, kIngresses, wildcard).empty());
}

TEST_CASE("a new Ingress names its class once, an old one may have both names", "[registry]") {
  RegistryFixture world;
  Json twice = ingress("shop");
  twice["metadata"]["annotations"]["kubernetes.io/ingress.class"] = "nginx";
  twice["spec"]["ingressClassName"] = "nginx";
  CHECK(refusal(world, kIngresses, twice).find("can not be set when the class field is also set") !=
        std::string::npos);
  twice["spec"].erase("ingressClassName");
  world.create(kIngresses, twice);
  const Json later = {{"spec", {{"ingressClassName", "nginx"}}}};
  CHECK(world.patch(kIngresses, "shop", later)["spec"]["ingressClassName"] == "nginx");
}

TEST_CASE("an IngressClass is of the cluster and keeps its controller", "[registry]") {
  RegistryFixture world;
  const Json nginx = {{"metadata", {{"name", "nginx"}}},
                      {"spec", {{"controller", "k8s.io/ingress-nginx"}}}};
  const auto created = world.registry->create(*world.type(kClasses), "", dump_json(nginx));
  REQUIRE(created.has_value());
  const Json other = {{"spec", {{"controller", "example.com/other"}}}};
  const auto changed = world.registry->patch(*world.type(kClasses), {"", "nginx"},
                                             Subresource::None, PatchType::Merge, dump_json(other));
  REQUIRE_FALSE(changed.has_value());
  CHECK(changed.error().message.find("spec.controller: Invalid value: \"example.com/other\": "
                                     "field is immutable") != std::string::npos);
}
