#include "local/gateway/gateway_routes.h"

#include "local/gateway/haproxy_pattern.h"
#include "tests/local_gateway/gateway_samples.h"

#include <catch2/catch.hpp>

namespace sluice::local {
namespace {

using Widths = std::map<std::string, int64_t>;

TEST_CASE("weights become shares of the range, exactly", "[gateway]") {
  const GatewayPlan plan = plan_gateway(sample_shop());
  REQUIRE(plan.rules.size() == 1);
  CHECK(arm_widths(plan.rules[0]) == Widths{{"default/stable/80/shop-aaa", 900'000'000},
                                            {"default/canary/80/shop-bbb", 100'000'000}});
  CHECK(plan.pools.size() == 2);
}

TEST_CASE("a backend of weight 0 gets nothing and keeps its pool", "[gateway]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_route("shop", {{"stable", 100}, {"canary", 0}}));
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(arm_widths(plan.rules[0]) == Widths{{"default/stable/80/shop-aaa", kSplitRange}});
  CHECK(plan.pools.size() == 2);
}

TEST_CASE("the rarest share is kept: 1 of 1,000,000", "[gateway]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_route("shop", {{"stable", 999'999}, {"canary", 1}}));
  CHECK(arm_widths(plan_gateway(objects).rules[0]).at("default/canary/80/shop-bbb") == 1000);
}

TEST_CASE("a Service with pods of two ReplicaSets is split by their number", "[gateway]") {
  GatewayObjects objects;
  put(objects, sample_route("shop", {{"all", 1}}));
  put(objects, sample_service("all"));
  put(objects, sample_slice("all", {{"shop-aaa-1", "127.64.0.1"},
                                    {"shop-aaa-2", "127.64.0.2"},
                                    {"shop-aaa-3", "127.64.0.3"},
                                    {"shop-bbb-1", "127.64.0.4"}}));
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(arm_widths(plan.rules[0]) ==
        Widths{{"default/all/80/shop-aaa", 750'000'000}, {"default/all/80/shop-bbb", 250'000'000}});
}

TEST_CASE("a share without ready pods answers 503 and goes to nobody else", "[gateway]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_slice("canary", {}));
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(arm_widths(plan.rules[0]) ==
        Widths{{"default/stable/80/shop-aaa", 900'000'000}, {"503", 100'000'000}});
  CHECK(plan.verdicts[0].resolved_refs.status);
}

TEST_CASE("a reference that leads nowhere answers 500 for its share and says why", "[gateway]") {
  GatewayObjects objects = sample_shop();
  GatewayRoute route = sample_route("shop", {{"stable", 50}, {"missing", 50}});
  SECTION("no such Service") {
    put(objects, route);
    const RouteVerdict verdict = plan_gateway(objects).verdicts[0];
    CHECK_FALSE(verdict.resolved_refs.status);
    CHECK(verdict.resolved_refs.reason == "BackendNotFound");
    CHECK(verdict.resolved_refs.message == "Service default/missing does not exist");
    CHECK(verdict.accepted.status);
  }
  SECTION("no such port") {
    route.rules[0].backends[1] = {
        .namespace_ = "default", .name = "stable", .port = 81, .weight = 50};
    put(objects, route);
    CHECK(plan_gateway(objects).verdicts[0].resolved_refs.reason == "BackendNotFound");
  }
  SECTION("not a Service") {
    route.rules[0].backends[1].kind = "Bucket";
    put(objects, route);
    CHECK(plan_gateway(objects).verdicts[0].resolved_refs.reason == "InvalidKind");
  }
  SECTION("another namespace") {
    route.rules[0].backends[1].namespace_ = "other";
    put(objects, route);
    CHECK(plan_gateway(objects).verdicts[0].resolved_refs.reason == "RefNotPermitted");
  }
  CHECK(arm_widths(plan_gateway(objects).rules[0]) ==
        Widths{{"default/stable/80/shop-aaa", 500'000'000}, {"500", 500'000'000}});
}

TEST_CASE("a rule without backends or with no weight at all answers 500", "[gateway]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_route("shop", {{"stable", 0}, {"canary", 0}}));
  CHECK(arm_widths(plan_gateway(objects).rules[0]) == Widths{{"500", kSplitRange}});
  put(objects, sample_route("shop", {}));
  CHECK(arm_widths(plan_gateway(objects).rules[0]) == Widths{{"500", kSplitRange}});
}

TEST_CASE("a rule keeps its id when weights change or another rule comes before it", "[gateway]") {
  GatewayObjects objects = sample_shop();
  const std::string id = plan_gateway(objects).rules[0].id;
  CHECK(id.starts_with("default/shop/"));
  GatewayRoute route = sample_route("shop", {{"stable", 1}, {"canary", 99}});
  GatewayRule header_rule = route.rules[0];
  header_rule.matches[0].headers = {{"x-canary", "yes", false}};
  route.rules.insert(route.rules.begin(), header_rule);
  put(objects, route);
  const GatewayPlan plan = plan_gateway(objects);
  REQUIRE(plan.rules.size() == 2);
  CHECK((plan.rules[0].id == id || plan.rules[1].id == id));
}

TEST_CASE("the more specific match goes first, whatever the order of rules", "[gateway]") {
  const GatewayMatch any;
  const GatewayMatch prefix{.path = "/shop"};
  const GatewayMatch longer{.path = "/shop/cart"};
  const GatewayMatch exact{.path_type = PathMatchType::Exact, .path = "/"};
  const GatewayMatch method{.path = "/shop", .method = "GET"};
  const GatewayMatch header{.path = "/shop", .headers = {{"a", "b", false}}};
  const GatewayMatch expression{.path_type = PathMatchType::RegularExpression, .path = "/.*"};
  GatewayRoute route = sample_route("shop", {{"stable", 1}});
  const GatewayRule rule = route.rules[0];
  route.rules.clear();
  for (const GatewayMatch& match : {any, expression, prefix, longer, header, method, exact}) {
    route.rules.push_back(rule);
    route.rules.back().matches = {match};
  }
  GatewayObjects objects = sample_shop();
  put(objects, route);
  GatewayRoute hosted = sample_route("hosted", {{"stable", 1}});
  hosted.rules[0].hosts = {{"*.example.com"}, {"shop.example.com"}};
  put(objects, hosted);

  std::vector<std::string> patterns;
  for (const PlannedMatch& match : plan_gateway(objects).matches) patterns.push_back(match.pattern);
  CHECK(patterns == std::vector<std::string>{
                        *haproxy_pattern({"shop.example.com"}, any),
                        *haproxy_pattern({"*.example.com"}, any), *haproxy_pattern({""}, exact),
                        *haproxy_pattern({""}, longer), *haproxy_pattern({""}, method),
                        *haproxy_pattern({""}, header), *haproxy_pattern({""}, prefix),
                        *haproxy_pattern({""}, any), *haproxy_pattern({""}, expression)});
}

TEST_CASE("between equal matches the older route wins, then the name", "[gateway]") {
  GatewayObjects objects = sample_shop();
  GatewayRoute old = sample_route("zzz", {{"stable", 1}});
  old.created = SystemTime(std::chrono::seconds(1));
  GatewayRoute young = sample_route("aaa", {{"stable", 1}});
  young.created = SystemTime(std::chrono::seconds(2));
  objects.routes.clear();
  put(objects, young);
  put(objects, old);
  CHECK(plan_gateway(objects).matches[0].rule.starts_with("default/zzz/"));
}

TEST_CASE("a route that is for somebody else is not served", "[gateway]") {
  GatewayObjects objects = sample_shop();
  objects.routes.begin()->second.served = false;
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(plan.rules.empty());
  CHECK(plan.matches.empty());
  REQUIRE(plan.verdicts.size() == 1);
  CHECK_FALSE(plan.verdicts[0].served);
}

TEST_CASE("what the gateway lacks is refused visibly", "[gateway]") {
  GatewayObjects objects = sample_shop();
  GatewayRule& rule = objects.routes.begin()->second.rules[0];
  SECTION("a filter makes the rule answer 500") {
    rule.unsupported = {"spec.rules[0].filters"};
    const GatewayPlan plan = plan_gateway(objects);
    CHECK(arm_widths(plan.rules[0]) == Widths{{"500", kSplitRange}});
    CHECK(plan.verdicts[0].accepted ==
          RouteCondition{false, "UnsupportedValue",
                         "spec.rules[0].filters is not supported by the local gateway"});
  }
  SECTION("requests that are not mirrored are answered all the same") {
    const GatewayPlan before = plan_gateway(objects);
    rule.unmirrored = {"spec.rules[0].filters[0]"};
    const GatewayPlan plan = plan_gateway(objects);
    CHECK(arm_widths(plan.rules[0]) == arm_widths(before.rules[0]));
    CHECK(plan.verdicts[0].accepted ==
          RouteCondition{false, "UnsupportedValue",
                         "spec.rules[0].filters[0] is not supported by the local gateway, which "
                         "copies no requests"});
  }
  SECTION("a broken expression is left out") {
    rule.matches[0].headers = {{"v", "a(b", true}};
    const GatewayPlan plan = plan_gateway(objects);
    CHECK(plan.rules.empty());
    CHECK(plan.verdicts[0].accepted.reason == "UnsupportedValue");
  }
  SECTION("a time-out is served without") {
    rule.ignored = {"spec.rules[0].timeouts"};
    const GatewayPlan plan = plan_gateway(objects);
    CHECK(plan.rules[0].arms.size() == 2);
    CHECK(plan.verdicts[0].accepted.status);
    CHECK(plan.verdicts[0].accepted.message ==
          "spec.rules[0].timeouts has no effect in the local gateway");
  }
}

}  // namespace
}  // namespace sluice::local
