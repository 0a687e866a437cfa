#include "tests/controller/istio_manifests.h"

#include "base/yaml.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

namespace sluice::controller::test {
namespace {

Json virtual_service(Json route) {
  Json object = Json::parse(R"({
    "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
    "metadata": {"name": "shop"},
    "spec": {"hosts": ["shop.example"], "gateways": ["edge"],
             "http": [{"name": "primary", "timeout": "3s", "retries": {"attempts": 2}},
                      {"name": "static", "route": [{"destination": {"host": "static"}}]}]}})");
  object["spec"]["http"][0]["route"] = std::move(route);
  return object;
}

}  // namespace

std::vector<Json> istio_crds() {
  std::ifstream file(SLUICE_ISTIO_CRDS);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto documents = read_yaml(text);
  REQUIRE(documents);
  std::vector<Json> definitions;
  for (const YamlDocument& document : *documents) definitions.push_back(document.value);
  return definitions;
}

Json shop_virtual_service() {
  return virtual_service(Json::parse(R"([
    {"destination": {"host": "shop-stable", "port": {"number": 80}}, "weight": 100},
    {"destination": {"host": "shop-canary", "port": {"number": 80}}, "weight": 0}])"));
}

Json subset_virtual_service() {
  return virtual_service(Json::parse(R"([
    {"destination": {"host": "shop", "subset": "stable"}, "weight": 100},
    {"destination": {"host": "shop", "subset": "canary"}, "weight": 0}])"));
}

Json shop_destination_rule(const std::string& stable, const std::string& canary) {
  Json rule = Json::parse(R"({
    "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
    "metadata": {"name": "shop"},
    "spec": {"host": "shop", "trafficPolicy": {"loadBalancer": {"simple": "LEAST_REQUEST"}},
             "subsets": [{"name": "legacy", "labels": {"version": "1"}}]}})");
  for (const std::string& name : {stable, canary})
    rule["spec"]["subsets"].push_back({{"name", name}, {"labels", {{"app", "shop"}}}});
  return rule;
}

Json host_routing() {
  return {{"istio", {{"virtualService", {{"name", "shop"}, {"routes", {"primary"}}}}}}};
}

Json subset_routing(const std::string& stable, const std::string& canary) {
  Json routing = host_routing();
  routing["istio"]["destinationRule"] = {
      {"name", "shop"}, {"stableSubsetName", stable}, {"canarySubsetName", canary}};
  return routing;
}

}  // namespace sluice::controller::test
