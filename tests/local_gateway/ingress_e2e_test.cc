// Ingresses and their canaries at a real HAProxy: who gets which request, and what a change costs.

#include "net/sleep.h"
#include "tests/local_gateway/gateway_rig.h"

#include <fmt/format.h>

namespace sluice::local {
namespace {

using namespace std::chrono_literals;

/// The main Ingress at "stable", its canary at "canary", a pod each.
asio::awaitable<void> serve_canary(GatewayRig& rig, IngressCanary terms) {
  rig.set_service("stable", {&rig.add_upstream("shop-aaa-1")});
  rig.set_service("canary", {&rig.add_upstream("shop-bbb-1")});
  put(rig.objects, sample_ingress("main", "stable"));
  put(rig.objects, sample_ingress("canary", "canary", std::move(terms)));
  co_await rig.apply();
}

asio::awaitable<void> splits_by_canary_weight(GatewayRig& rig) {
  const IngressCanary terms{.weight = 200, .total = 1000};
  co_await serve_canary(rig, terms);
  const auto counts = co_await rig.sample(4000, 8);
  // Five standard deviations of the binomial distribution: 5 · √(4000 · 0.2 · 0.8) ≈ 126.
  CHECK(std::abs(counts.at("shop-bbb-1") - 800) < 127);
  CHECK(counts.size() == 2);
}

TEST_CASE("requests of an Ingress are split by its canary's weight", "[ingress]") {
  with_gateway(splits_by_canary_weight);
}

/// Asks a hundred times with these headers: that pod answers each time.
asio::awaitable<void> expect_always(GatewayRig& rig, net::Headers headers, std::string pod) {
  for (int i = 0; i < 100; ++i) co_await rig.expect_body("/", pod, headers);
}

asio::awaitable<void> obeys_header_and_cookie(GatewayRig& rig) {
  const IngressCanary terms{.header = "x-canary", .cookie = "tester", .weight = 50};
  co_await serve_canary(rig, terms);
  const std::string stable = "shop-aaa-1";
  const std::string canary = "shop-bbb-1";
  const net::Headers wants{{"X-Canary", "always"}};
  const net::Headers refuses{{"X-Canary", "never"}};
  const net::Headers wants_by_cookie{{"Cookie", "a=b; tester=always; c=d"}};
  const net::Headers refuses_by_cookie{{"Cookie", "tester=never"}};
  const net::Headers header_first{{"X-Canary", "always"}, {"Cookie", "tester=never"}};
  const net::Headers cookie_next{{"X-Canary", "maybe"}, {"Cookie", "tester=always"}};
  co_await expect_always(rig, wants, canary);
  co_await expect_always(rig, refuses, stable);
  co_await expect_always(rig, wants_by_cookie, canary);
  co_await expect_always(rig, refuses_by_cookie, stable);
  co_await expect_always(rig, header_first, canary);
  co_await expect_always(rig, cookie_next, canary);
  const auto undecided = co_await rig.sample(400, 4);
  CHECK(undecided.size() == 2);
}

TEST_CASE("a canary's header is asked before its cookie, and the cookie before its weight",
          "[ingress]") {
  with_gateway(obeys_header_and_cookie);
}

asio::awaitable<void> finds_patterns(GatewayRig& rig) {
  const IngressCanary anchored{.header = "agent", .header_pattern = "^(beta|v[23])$"};
  co_await serve_canary(rig, anchored);
  for (const char* wanted : {"beta", "v2"}) {
    const net::Headers headers{{"Agent", wanted}};
    co_await rig.expect_body("/", "shop-bbb-1", headers);
  }
  for (const char* other : {"betamax", "not beta", "v22"}) {
    const net::Headers headers{{"Agent", other}};
    co_await rig.expect_body("/", "shop-aaa-1", headers);
  }
  const IngressCanary loose{.header = "agent", .header_pattern = "beta"};
  put(rig.objects, sample_ingress("canary", "canary", loose));
  co_await rig.apply();
  const net::Headers anywhere{{"Agent", "the beta of it"}};
  co_await rig.expect_body("/", "shop-bbb-1", anywhere);
}

TEST_CASE("a pattern is found anywhere in a header, and ^ and $ are the value's ends",
          "[ingress]") {
  with_gateway(finds_patterns);
}

asio::awaitable<void> changes_canary_weight_under_load(GatewayRig& rig) {
  const IngressCanary half{.weight = 50};
  co_await serve_canary(rig, half);
  bool stopped = false;
  std::vector<Answer> answers;
  net::TaskGroup clients(rig.loop.executor());
  for (int i = 0; i < 16; ++i) clients.spawn("client", rig.keep_asking(&stopped, &answers));
  co_await eventually(rig.loop.clock(), "some answers",
                      [&answers] { return answers.size() > 400; });
  for (const int64_t weight : {60, 70, 80, 90, 100}) {
    const IngressCanary more{.weight = weight};
    put(rig.objects, sample_ingress("canary", "canary", more));
    co_await rig.apply();
    const size_t so_far = answers.size();
    co_await eventually(rig.loop.clock(), "more answers",
                        [&] { return answers.size() > so_far + 100; });
  }
  const IngressCanary none{.weight = 0};
  put(rig.objects, sample_ingress("canary", "canary", none));
  co_await rig.apply();
  const SteadyTime after = rig.loop.clock().steady_now();
  const size_t so_far = answers.size();
  co_await eventually(rig.loop.clock(), "answers under the last weight",
                      [&] { return answers.size() > so_far + 500; });
  stopped = true;
  co_await eventually(rig.loop.clock(), "all clients have ended",
                      [&clients] { return clients.size() == 0; });
  for (const Answer& answer : answers) {
    REQUIRE(answer.status == 200);
    if (answer.asked > after) REQUIRE(answer.body == "shop-aaa-1");
  }
  co_await clients.stop();
}

TEST_CASE("a canary's weight changes without a failed request, and at once", "[ingress]") {
  with_gateway(changes_canary_weight_under_load);
}

}  // namespace
}  // namespace sluice::local
