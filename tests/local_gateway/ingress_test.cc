// Ingresses as a source of the gateway's rules.

#include "local/gateway/ingress.h"

#include "local/gateway/gateway_routes.h"
#include "local/gateway/haproxy_pattern.h"
#include "local/gateway/ingress_status.h"
#include "tests/local_gateway/gateway_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

/// The shop's Services with a pod each, without any route.
GatewayObjects services() {
  GatewayObjects objects = sample_shop();
  objects.routes.clear();
  return objects;
}

/// Stable as main Ingress, and a canary on these terms.
GatewayObjects canary_shop(IngressCanary terms) {
  GatewayObjects objects = services();
  put(objects, sample_ingress("main", "stable"));
  put(objects, sample_ingress("canary", "canary", std::move(terms)));
  return objects;
}

/// Who gets how much of what the rule is for: by ReplicaSet, or by the status of the answer.
std::map<std::string, int64_t> shares(const PlannedRule& rule) {
  std::map<std::string, int64_t> result;
  for (const auto& [pool, width] : arm_widths(rule))
    result[pool.substr(pool.rfind('/') + 1)] += width;
  return result;
}

using Shares = std::map<std::string, int64_t>;
const Shares kAllStable = {{"shop-aaa", kSplitRange}};
const Shares kAllCanary = {{"shop-bbb", kSplitRange}};

/// The shares of each rule in the order in which they are asked.
std::vector<Shares> asked(const GatewayPlan& plan) {
  std::map<std::string, Shares> by_id;
  for (const PlannedRule& rule : plan.rules) by_id[rule.id] = shares(rule);
  std::vector<Shares> result;
  for (const PlannedMatch& match : plan.matches) result.push_back(by_id.at(match.rule));
  return result;
}

const RouteVerdict& verdict_of(const GatewayPlan& plan, const std::string& name) {
  for (const RouteVerdict& verdict : plan.verdicts)
    if (verdict.route == RouteId{RouteKind::Ingress, {"default", name}}) return verdict;
  FAIL("no verdict on " << name);
  return plan.verdicts.front();
}

Ingress decoded(const char* text) {
  const auto ingress = decode_ingress(*parse_json(text));
  REQUIRE(ingress);
  return *ingress;
}

TEST_CASE("an Ingress is read with its hosts, paths, ports and default", "[ingress]") {
  const Ingress ingress = decoded(R"({
    "metadata": {"namespace": "shop", "name": "web", "generation": 3},
    "spec": {"ingressClassName": "nginx",
      "defaultBackend": {"service": {"name": "other", "port": {"number": 8080}}},
      "rules": [
        {"host": "Shop.test", "http": {"paths": [
          {"path": "/cart", "pathType": "Exact",
           "backend": {"service": {"name": "cart", "port": {"name": "http"}}}},
          {"pathType": "ImplementationSpecific",
           "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}},
        {"host": "bare.test"}]}})");
  CHECK(ingress.class_name == "nginx");
  CHECK_FALSE(ingress.canary);
  REQUIRE(ingress.paths.size() == 3);
  CHECK(ingress.paths[0].host == GatewayHost{"shop.test", true});
  CHECK(ingress.paths[0].match.path_type == PathMatchType::Exact);
  CHECK(ingress.paths[0].match.path == "/cart");
  CHECK(ingress.paths[0].backend.port_name == "http");
  CHECK(ingress.paths[1].match == GatewayMatch{});
  CHECK(ingress.paths[1].backend.port == 80);
  CHECK(ingress.paths[2].fallback);
  CHECK(ingress.paths[2].backend.name == "other");
}

TEST_CASE("the annotations of a canary are read as ingress-nginx reads them", "[ingress]") {
  const Ingress ingress =
      decoded(R"({"metadata": {"name": "c", "namespace": "shop", "annotations": {
    "kubernetes.io/ingress.class": "nginx",
    "nginx.ingress.kubernetes.io/canary": "true",
    "nginx.ingress.kubernetes.io/canary-weight": "1500",
    "nginx.ingress.kubernetes.io/canary-weight-total": "1000",
    "nginx.ingress.kubernetes.io/canary-by-header": "X-Canary",
    "nginx.ingress.kubernetes.io/canary-by-header-value": "yes",
    "nginx.ingress.kubernetes.io/canary-by-header-pattern": "^v2",
    "nginx.ingress.kubernetes.io/canary-by-cookie": "tester",
    "nginx.ingress.kubernetes.io/rewrite-target": "/"}}})");
  CHECK(ingress.class_name == "nginx");
  REQUIRE(ingress.canary);
  CHECK(*ingress.canary == IngressCanary{.header = "x-canary",
                                         .header_value = "yes",
                                         .header_pattern = "^v2",
                                         .cookie = "tester",
                                         .weight = 1000,
                                         .total = 1000});
  CHECK(ingress.unsupported.empty());
  CHECK(ingress.problem.empty());
}

TEST_CASE("a weight that is none gives the canary nothing, and is told", "[ingress]") {
  for (const char* weight : {"ten", "-1", "10%", "3000000000"}) {
    INFO(weight);
    Json object = *parse_json(R"({"metadata": {"name": "canary", "namespace": "default",
      "annotations": {"nginx.ingress.kubernetes.io/canary": "true"}}, "spec": {"rules": [
        {"http": {"paths": [{"pathType": "Prefix", "path": "/",
           "backend": {"service": {"name": "canary", "port": {"number": 80}}}}]}}]}})");
    object["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] = weight;
    GatewayObjects objects = services();
    put(objects, sample_ingress("main", "stable"));
    put(objects, *decode_ingress(object));
    const GatewayPlan plan = plan_gateway(objects);
    CHECK(asked(plan) == std::vector<Shares>{kAllStable});
    CHECK(verdict_of(plan, "canary").accepted.reason == "InvalidAnnotation");
  }
}

TEST_CASE("annotations that the gateway lacks are refused if the answer hangs on them",
          "[ingress]") {
  const Ingress ingress =
      decoded(R"({"metadata": {"name": "c", "namespace": "shop", "annotations": {
    "example.com/mine": "x",
    "nginx.ingress.kubernetes.io/backend-protocol": "HTTP",
    "nginx.ingress.kubernetes.io/proxy-body-size": "8m",
    "nginx.ingress.kubernetes.io/rewrite-target": "/$1"}},
    "spec": {"tls": [{"secretName": "t"}]}})");
  CHECK(
      ingress.unsupported ==
      std::vector<std::string>{"metadata.annotations[nginx.ingress.kubernetes.io/rewrite-target]"});
  CHECK(ingress.ignored ==
        std::vector<std::string>{
            "metadata.annotations[nginx.ingress.kubernetes.io/proxy-body-size]", "spec.tls"});
  GatewayObjects objects = services();
  Ingress main = sample_ingress("main", "stable");
  main.unsupported = ingress.unsupported;
  put(objects, main);
  put(objects, sample_ingress("canary", "canary", IngressCanary{.header = "x"}));
  const GatewayPlan plan = plan_gateway(objects);
  const Shares refused = {{"500", kSplitRange}};
  CHECK(asked(plan) == std::vector<Shares>{refused, refused, refused});
  CHECK(verdict_of(plan, "main").accepted.reason == "UnsupportedValue");
}

TEST_CASE("a canary's weight is its share of the main Ingress's requests, exactly", "[ingress]") {
  CHECK(asked(plan_gateway(canary_shop({.weight = 10}))) ==
        std::vector<Shares>{{{"shop-aaa", 900'000'000}, {"shop-bbb", 100'000'000}}});
  CHECK(asked(plan_gateway(canary_shop({.weight = 1, .total = 1'000'000}))) ==
        std::vector<Shares>{{{"shop-aaa", 999'999'000}, {"shop-bbb", 1000}}});
  CHECK(asked(plan_gateway(canary_shop({.weight = 0}))) == std::vector<Shares>{kAllStable});
  CHECK(asked(plan_gateway(canary_shop({.weight = 100}))) == std::vector<Shares>{kAllCanary});
  CHECK(asked(plan_gateway(canary_shop({.weight = 999'999'999, .total = 1'000'000'000}))) ==
        std::vector<Shares>{{{"shop-aaa", 1}, {"shop-bbb", 999'999'999}}});
}

TEST_CASE("a change of weight changes shares and no match", "[ingress]") {
  const GatewayPlan before = plan_gateway(canary_shop({.header = "x", .weight = 10}));
  const GatewayPlan after = plan_gateway(canary_shop({.header = "x", .weight = 90}));
  CHECK(before.matches == after.matches);
  CHECK(before.rules != after.rules);
}

TEST_CASE("the header is asked before the cookie, the cookie before the weight", "[ingress]") {
  const IngressCanary terms{.header = "x-canary", .cookie = "tester", .weight = 50};
  const GatewayPlan plan = plan_gateway(canary_shop(terms));
  const auto order = asked(plan);
  REQUIRE(order.size() == 5);
  // Who wants it and who does not exclude each other: their order is no matter.
  CHECK(((order[0] == kAllCanary && order[1] == kAllStable) ||
         (order[0] == kAllStable && order[1] == kAllCanary)));
  CHECK(((order[2] == kAllCanary && order[3] == kAllStable) ||
         (order[2] == kAllStable && order[3] == kAllCanary)));
  CHECK(order[4].size() == 2);
  CHECK(plan.matches[0].pattern.find("x\\x2dcanary") == std::string::npos);
  CHECK(plan.matches[0].pattern.find("x-canary") != std::string::npos);
  CHECK(plan.matches[2].pattern.find("tester") != std::string::npos);
}

TEST_CASE("with a value or a pattern the header's \"never\" means nothing", "[ingress]") {
  CHECK(asked(plan_gateway(canary_shop({.header = "x", .header_value = "v2"}))) ==
        std::vector<Shares>{kAllCanary, kAllStable});
  CHECK(asked(plan_gateway(canary_shop({.header = "x", .header_pattern = "^v[23]$"}))) ==
        std::vector<Shares>{kAllCanary, kAllStable});
}

TEST_CASE("while the canary has no ready pods its requests go to the main backend", "[ingress]") {
  GatewayObjects objects = canary_shop({.header = "x", .weight = 50});
  SECTION("no endpoints") {
    put(objects, sample_slice("canary", {}));
    const GatewayPlan plan = plan_gateway(objects);
    for (const Shares& part : asked(plan)) CHECK(part == kAllStable);
    CHECK(verdict_of(plan, "canary").resolved_refs.status);
  }
  SECTION("no Service") {
    objects.services.erase({"default", "canary"});
    const GatewayPlan plan = plan_gateway(objects);
    for (const Shares& part : asked(plan)) CHECK(part == kAllStable);
    CHECK(verdict_of(plan, "canary").resolved_refs.message ==
          "Service default/canary does not exist");
    CHECK(verdict_of(plan, "main").resolved_refs.status);
  }
}

TEST_CASE("a Service or a port that is not there answers 503, and is told", "[ingress]") {
  GatewayObjects objects = services();
  Ingress ingress = sample_ingress("main", "stable");
  SECTION("no Service") {
    ingress.paths[0].backend.name = "missing";
    put(objects, ingress);
    CHECK(verdict_of(plan_gateway(objects), "main").resolved_refs.message ==
          "Service default/missing does not exist");
  }
  SECTION("no port of that name") {
    ingress.paths[0].backend.port_name = "grpc";
    put(objects, ingress);
    CHECK(verdict_of(plan_gateway(objects), "main").resolved_refs.message ==
          "Service default/stable has no port grpc");
  }
  SECTION("no Service at all") {
    ingress.paths[0].backend.kind = "StorageBucket";
    put(objects, ingress);
    CHECK(verdict_of(plan_gateway(objects), "main").resolved_refs.reason == "InvalidKind");
  }
  CHECK(asked(plan_gateway(objects)) == std::vector<Shares>{{{"503", kSplitRange}}});
}

TEST_CASE("a canary needs an Ingress to be a canary of", "[ingress]") {
  GatewayObjects objects = canary_shop({.weight = 50});
  Ingress& canary = objects.ingresses.at({"default", "canary"});
  SECTION("another path") {
    canary.paths[0].match.path = "/cart";
  }
  SECTION("another host") {
    canary.paths[0].host.name = "other.test";
  }
  SECTION("a default backend instead of a path") {
    canary.paths[0].fallback = true;
  }
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(asked(plan) == std::vector<Shares>{kAllStable});
  const RouteVerdict& verdict = verdict_of(plan, "canary");
  CHECK(verdict.accepted.reason == "CanaryWithoutMain");
  CHECK_FALSE(verdict.served);
}

TEST_CASE("of two canaries for one path the older counts, and the younger is told", "[ingress]") {
  GatewayObjects objects = canary_shop({.weight = 10});
  Ingress second = sample_ingress("another", "canary", IngressCanary{.weight = 70});
  second.created = SystemTime(std::chrono::seconds(1));
  put(objects, second);
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(asked(plan)[0].at("shop-bbb") == 100'000'000);
  CHECK(verdict_of(plan, "another").accepted.message ==
        "default/canary is a canary for host \"*\" with path / already");
}

TEST_CASE("of two Ingresses for one path the older is served, and the younger is told",
          "[ingress]") {
  GatewayObjects objects = canary_shop({.weight = 10});
  Ingress second = sample_ingress("another", "canary");
  second.created = SystemTime(std::chrono::seconds(1));
  put(objects, second);
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(asked(plan)[0] == Shares{{"shop-aaa", 900'000'000}, {"shop-bbb", 100'000'000}});
  CHECK(verdict_of(plan, "another").accepted ==
        RouteCondition{false, "PathTaken", "default/main has host \"*\" with path / already"});
  CHECK(verdict_of(plan, "main").accepted.status);
}

TEST_CASE("an Ingress of another class is nobody's here", "[ingress]") {
  GatewayObjects objects = services();
  Ingress other = sample_ingress("main", "stable");
  other.class_name = "alb";
  put(objects, other);
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(plan.matches.empty());
  CHECK_FALSE(verdict_of(plan, "main").served);
  CHECK(verdict_of(plan, "main").accepted.message ==
        "the local gateway serves the class nginx and Ingresses without a class, not \"alb\"");
}

TEST_CASE("a default backend is asked last of all, its canary with it", "[ingress]") {
  GatewayObjects objects = sample_shop();
  Ingress fallback = sample_ingress("main", "stable");
  fallback.paths[0].fallback = true;
  put(objects, fallback);
  Ingress canary = sample_ingress("canary", "canary", IngressCanary{.weight = 100});
  canary.paths[0].fallback = true;
  put(objects, canary);
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(asked(plan) ==
        std::vector<Shares>{{{"shop-aaa", 900'000'000}, {"shop-bbb", 100'000'000}}, kAllCanary});
}

TEST_CASE("a route and an Ingress of one name keep their rules apart", "[ingress]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_ingress("shop", "canary"));
  const GatewayPlan plan = plan_gateway(objects);
  REQUIRE(plan.rules.size() == 2);
  CHECK(plan.rules[0].id != plan.rules[1].id);
}

const net::HostPort kGateway{"127.0.0.1", 8081};

TEST_CASE("the status has the gateway's address once the Ingress is served", "[ingress]") {
  Json ingress = {{"status", {{"loadBalancer", Json::object()}}}};
  const auto patch = ingress_status_patch(ingress, {.served = true}, kGateway);
  REQUIRE(patch);
  apply_merge_patch(ingress, *parse_json(*patch));
  CHECK(ingress["status"]["loadBalancer"] ==
        Json{{"ingress",
              {{{"ip", "127.0.0.1"}, {"ports", {{{"port", 8081}, {"protocol", "TCP"}}}}}}}});
  CHECK_FALSE(ingress_status_patch(ingress, {.served = true}, kGateway));
  const auto cleared = ingress_status_patch(ingress, {.served = false}, kGateway);
  REQUIRE(cleared);
  apply_merge_patch(ingress, *parse_json(*cleared));
  CHECK(ingress["status"]["loadBalancer"].empty());
}

TEST_CASE("the address of another controller is left alone", "[ingress]") {
  const Json ingress = {{"status", {{"loadBalancer", {{"ingress", {{{"ip", "10.0.0.1"}}}}}}}}};
  CHECK_FALSE(ingress_status_patch(ingress, {.served = false}, kGateway));
}

TEST_CASE("a gateway that listens everywhere, or by name, is reached so", "[ingress]") {
  for (const auto& [host, entry] :
       std::map<std::string, Json>{{"0.0.0.0", {{"ip", "127.0.0.1"}}},
                                   {"::", {{"ip", "::1"}}},
                                   {"localhost", {{"hostname", "localhost"}}}}) {
    INFO(host);
    const auto patch = ingress_status_patch(Json::object(), {.served = true}, {host, 80});
    REQUIRE(patch);
    Json said = (*parse_json(*patch))["status"]["loadBalancer"]["ingress"][0];
    said.erase("ports");
    CHECK(said == entry);
  }
}

}  // namespace
}  // namespace sluice::local
