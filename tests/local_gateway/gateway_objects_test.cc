#include "local/gateway/gateway_objects.h"

#include "local/gateway/http_route.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

Json parsed(std::string_view text) {
  return *parse_json(text);
}

TEST_CASE("an HTTPRoute is read with the defaults of the Gateway API", "[gateway]") {
  const auto route = decode_http_route(parsed(R"({
    "metadata": {"namespace": "shop", "name": "web", "generation": 3},
    "spec": {
      "parentRefs": [{"name": "sluice", "sectionName": "http"}],
      "hostnames": ["Shop.Example.com"],
      "rules": [
        {"backendRefs": [{"name": "stable", "port": 80}]},
        {"matches": [{"path": {"type": "Exact", "value": "/cart"}, "method": "POST",
                      "headers": [{"name": "X-Canary", "value": "yes"},
                                  {"type": "RegularExpression", "name": "v", "value": "2.*"}]}],
         "backendRefs": [{"name": "canary", "port": 80, "weight": 0, "namespace": "other"}]}
      ]}})"));
  REQUIRE(route);
  CHECK(route->id.key == ObjectKey{"shop", "web"});
  CHECK(route->generation == 3);
  REQUIRE(route->parents.size() == 1);
  CHECK(route->parents[0].kind == "Gateway");
  CHECK(route->parents[0].group == kGatewayGroup);
  CHECK(route->parents[0].section_name == "http");
  CHECK(route->served);
  REQUIRE(route->rules.size() == 2);
  CHECK(route->rules[1].hosts == std::vector<GatewayHost>{{"shop.example.com"}});
  CHECK(route->rules[0].matches == std::vector<GatewayMatch>{GatewayMatch{}});
  CHECK(route->rules[0].backends[0].weight == 1);
  CHECK(route->rules[0].backends[0].namespace_ == "shop");
  const GatewayMatch& match = route->rules[1].matches[0];
  CHECK(match.path_type == PathMatchType::Exact);
  CHECK(match.method == "POST");
  CHECK(match.headers[0] == HeaderMatch{"x-canary", "yes", false});
  CHECK(match.headers[1] == HeaderMatch{"v", "2.*", true});
  CHECK(route->rules[1].backends[0].namespace_ == "other");
  CHECK(route->rules[1].backends[0].weight == 0);
}

TEST_CASE("a route of a mesh, whose parent is a Service, is not ours", "[gateway]") {
  const auto route = decode_http_route(parsed(R"({
    "metadata": {"namespace": "shop", "name": "web"},
    "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}]}})"));
  REQUIRE(route);
  CHECK_FALSE(route->served);
  CHECK(route->parents.empty());
}

TEST_CASE("what the gateway lacks is noted by its field", "[gateway]") {
  const auto route = decode_http_route(parsed(R"({
    "metadata": {"namespace": "shop", "name": "web"},
    "spec": {"rules": [{
      "matches": [{"queryParams": [{"name": "a", "value": "b"}]}],
      "filters": [{"type": "URLRewrite"}, {"type": "RequestMirror"}],
      "timeouts": {"request": "1s"},
      "backendRefs": [{"name": "x", "port": 80, "filters": []}]}]}})"));
  REQUIRE(route);
  const GatewayRule& rule = route->rules[0];
  CHECK(rule.matches.empty());
  CHECK(rule.untestable == std::vector<std::string>{"spec.rules[0].matches[0].queryParams"});
  CHECK(rule.unsupported == std::vector<std::string>{"spec.rules[0].filters[0]"});
  CHECK(rule.unmirrored == std::vector<std::string>{"spec.rules[0].filters[1]"});
  CHECK(rule.ignored == std::vector<std::string>{"spec.rules[0].timeouts"});
}

TEST_CASE("only ready endpoints of a slice count, and an unknown condition is ready", "[gateway]") {
  const auto slice = decode_gateway_slice(parsed(R"({
    "metadata": {"namespace": "shop", "name": "web-1",
                 "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    "endpoints": [
      {"addresses": ["127.64.0.1"], "conditions": {"ready": true},
       "targetRef": {"kind": "Pod", "name": "web-a-1"}},
      {"addresses": ["127.64.0.2"], "conditions": {"ready": false}},
      {"addresses": ["127.64.0.3"], "conditions": {}},
      {"addresses": []}
    ]})"));
  REQUIRE(slice);
  CHECK(slice->service == "web");
  CHECK(slice->ports == std::map<std::string, int>{{"http", 8080}});
  REQUIRE(slice->ready.size() == 2);
  CHECK(slice->ready[0] == GatewaySliceEndpoint{"127.64.0.1", "web-a-1"});
  CHECK(slice->ready[1] == GatewaySliceEndpoint{"127.64.0.3", ""});
}

TEST_CASE("what HAProxy could not take from a slice is left out", "[gateway]") {
  const auto slice = decode_gateway_slice(parsed(R"({
    "metadata": {"namespace": "shop", "name": "web-1"},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8080}, {"name": "all"}, {"name": "odd", "port": 70000}],
    "endpoints": [
      {"addresses": ["10.0.0.300"]},
      {"addresses": ["10.0.0.1; disable frontend gateway"]},
      {"addresses": ["10.0.0.2"], "targetRef": {"kind": "Pod", "name": "a b; shutdown"}}
    ]})"));
  REQUIRE(slice);
  CHECK(slice->ports == std::map<std::string, int>{{"http", 8080}});
  REQUIRE(slice->ready.size() == 1);
  CHECK(slice->ready[0] == GatewaySliceEndpoint{"10.0.0.2", ""});
}

}  // namespace
}  // namespace sluice::local
