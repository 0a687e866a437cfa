// The gateway with a real HAProxy: who gets which request, and what changes at run time.

#include "local/gateway/gateway_log.h"
#include "net/sleep.h"
#include "tests/local_gateway/gateway_rig.h"

#include <fmt/format.h>

#include <csignal>

namespace sluice::local {
namespace {

using namespace std::chrono_literals;

/// Stable and canary with an upstream each, and the route "shop" between them.
void set_shop(GatewayRig& rig, int64_t stable, int64_t canary) {
  put(rig.objects, sample_route("shop", {{"stable", stable}, {"canary", canary}}));
}

asio::awaitable<void> splits_by_weight(GatewayRig& rig) {
  rig.set_service("stable", {&rig.add_upstream("shop-aaa-1"), &rig.add_upstream("shop-aaa-2")});
  rig.set_service("canary", {&rig.add_upstream("shop-bbb-1")});
  set_shop(rig, 90, 10);
  co_await rig.apply();
  const auto counts = co_await rig.sample(4000, 8);
  // Five standard deviations of the binomial distribution: 5 · √(4000 · 0.1 · 0.9) ≈ 95.
  CHECK(std::abs(counts.at("shop-bbb-1") - 400) < 95);
  // Within a revision the pods take turns.
  CHECK(std::abs(counts.at("shop-aaa-1") - counts.at("shop-aaa-2")) < 10);
  CHECK(counts.size() == 3);
}

TEST_CASE("requests are split by weight, and evenly among a revision's pods", "[gateway]") {
  with_gateway(splits_by_weight);
}

std::vector<GatewayAccess> read_accesses(const std::filesystem::path& path) {
  std::vector<GatewayAccess> accesses;
  std::istringstream log(read_file(path));
  for (std::string line; std::getline(log, line);)
    if (auto access = parse_gateway_access(line)) accesses.push_back(*std::move(access));
  return accesses;
}

asio::awaitable<void> changes_weight_under_load(GatewayRig& rig) {
  Upstream& stable = rig.add_upstream("shop-aaa-1");
  Upstream& canary = rig.add_upstream("shop-bbb-1");
  rig.set_service("stable", {&stable});
  rig.set_service("canary", {&canary});
  set_shop(rig, 50, 50);
  co_await rig.apply();
  bool stopped = false;
  std::vector<Answer> answers;
  net::TaskGroup clients(rig.loop.executor());
  for (int i = 0; i < 16; ++i) clients.spawn("client", rig.keep_asking(&stopped, &answers));
  co_await eventually(rig.loop.clock(), "200 requests at the canary",
                      [&canary] { return canary.requests > 200; });

  set_shop(rig, 100, 0);
  const SystemTime wall_before = rig.loop.clock().system_now();
  const SteadyTime before = rig.loop.clock().steady_now();
  co_await rig.apply();
  const SteadyTime after = rig.loop.clock().steady_now();
  const int so_far = stable.requests;
  co_await eventually(rig.loop.clock(), "1000 more requests at the stable revision",
                      [&] { return stable.requests > so_far + 1000; });
  stopped = true;
  co_await eventually(rig.loop.clock(), "all clients have ended",
                      [&clients] { return clients.size() == 0; });

  for (const Answer& answer : answers) {
    REQUIRE(answer.status == 200);
    if (answer.asked > after) REQUIRE(answer.body == "shop-aaa-1");
  }
  const auto log_path = rig.folder / "gateway.log";
  co_await eventually(rig.loop.clock(), "every answer is in the log",
                      [&] { return read_accesses(log_path).size() == answers.size(); });
  SystemTime last_forwarded{};
  for (const GatewayAccess& access : read_accesses(log_path)) {
    REQUIRE(access.forwarded);
    if (access.replica_set == "shop-bbb")
      last_forwarded = std::max(last_forwarded, *access.forwarded);
  }
  fmt::print(
      "{} requests; apply took {} us; last request forwarded to the old revision {} us "
      "after the change was begun\n",
      answers.size(), (after - before) / 1us, (last_forwarded - wall_before) / 1us);
  CHECK(last_forwarded < wall_before + 1s);
  co_await clients.stop();
}

TEST_CASE("every request after a change of weight goes by the new one, and none is lost",
          "[gateway]") {
  with_gateway(changes_weight_under_load);
}

asio::awaitable<void> ask_slowly(GatewayRig* rig, Answer* answer) {
  *answer = co_await rig->ask("/slow");
}

asio::awaitable<void> drains_a_removed_pod(GatewayRig& rig) {
  Upstream& leaving = rig.add_upstream("shop-aaa-1");
  Upstream& staying = rig.add_upstream("shop-aaa-2");
  Clock& clock = rig.loop.clock();
  rig.set_service("stable", {&leaving});
  put(rig.objects, sample_route("shop", {{"stable", 1}}));
  co_await rig.apply();
  Answer slow;
  rig.tasks->spawn("slow client", ask_slowly(&rig, &slow));
  co_await eventually(clock, "the slow request waits", [&leaving] { return leaving.waiting == 1; });

  rig.set_service("stable", {&staying});
  co_await rig.apply();
  const auto counts = co_await rig.sample(100, 4);
  CHECK(counts == std::map<std::string, int>{{"shop-aaa-2", 100}});
  const std::shared_ptr<HaproxyControl> control = rig.haproxy->control();
  co_await control->sweep();
  CHECK(control->draining());
  CHECK(leaving.waiting == 1);

  leaving.release();
  co_await eventually(clock, "the slow request is answered", [&slow] { return slow.status != 0; });
  CHECK(slow.status == 200);
  CHECK(slow.body == "shop-aaa-1");
  const SteadyTime deadline = clock.steady_now() + kGenerous;
  while (control->draining() && clock.steady_now() < deadline) {
    co_await control->sweep();
    co_await net::sleep_for(clock, 10ms);
  }
  CHECK_FALSE(control->draining());
}

TEST_CASE("a removed pod gets nothing new and finishes what it has", "[gateway]") {
  with_gateway(drains_a_removed_pod);
}

net::Headers canary_header(const char* value) {
  return {{"X-Canary", value}};
}

asio::awaitable<void> matches_and_errors(GatewayRig& rig) {
  rig.set_service("stable", {&rig.add_upstream("shop-aaa-1")});
  rig.set_service("canary", {&rig.add_upstream("shop-bbb-1")});
  rig.set_service("empty", {});
  // What is not known yet is no lack of a route.
  co_await rig.expect_status("/", 503);
  co_await rig.apply();
  co_await rig.expect_status("/", 404);

  GatewayRoute route = sample_route("shop", {{"stable", 1}});
  GatewayRule rule = route.rules[0];
  rule.backends[0].name = "canary";
  rule.matches[0].headers = {{"x-canary", "v[0-9]+ (beta)?", true}};
  route.rules.push_back(rule);
  rule.matches[0] = {.path_type = PathMatchType::Exact, .path = "/empty"};
  rule.backends[0].name = "empty";
  route.rules.push_back(rule);
  rule.matches[0] = {.path = "/broken", .method = "GET"};
  rule.backends[0].name = "missing";
  route.rules.push_back(rule);
  // Brackets that close, and still no expression: only PCRE can tell.
  rule.matches[0] = {.path = "/odd", .headers = {{"v", "*+", true}}};
  route.rules.push_back(rule);
  put(rig.objects, route);
  const HaproxyReport report = co_await rig.apply();
  REQUIRE(report.rejected.size() == 1);
  CHECK(report.rejected[0].rule.starts_with("default/shop/"));

  co_await rig.expect_body("/", "shop-aaa-1");
  co_await rig.expect_body("/", "shop-bbb-1", canary_header("v12 beta"));
  co_await rig.expect_body("/", "shop-aaa-1", canary_header("v12 gamma"));
  co_await rig.expect_status("/empty", 503);
  co_await rig.expect_status("/broken/x", 500);

  rig.objects.routes.clear();
  co_await rig.apply();
  co_await rig.expect_status("/", 404);
}

TEST_CASE("routes come, match and go at run time", "[gateway]") {
  with_gateway(matches_and_errors);
}

/// Sends HAProxy's first run one command.
asio::awaitable<std::string> command(GatewayRig& rig, std::string text) {
  HaproxySocket socket(rig.loop.executor(), rig.loop.clock(), rig.folder / "haproxy",
                       "haproxy-1.sock");
  const Result<std::string> answer = co_await socket.run(std::move(text));
  REQUIRE(answer);
  co_return *answer;
}

asio::awaitable<void> is_asked_while_it_is_told(GatewayRig& rig) {
  const std::string made = co_await command(rig, "prepare map routes.map");
  REQUIRE(made.starts_with("New version created: "));
  const int version = std::stoi(made.substr(made.find(':') + 1));
  co_await command(rig, fmt::format("add map @{} routes.map <<\n^ a/b/c\n", version));
  co_await rig.expect_body("/", "no routes yet\n");
  co_await rig.expect_status("/", 503);
  // Nothing is taken out of the list, by which HAProxy would forget what it remembers of it.
  co_await command(rig, fmt::format("commit map @{} routes.map", version));
  co_await rig.expect_body("/", "no endpoints\n");
}

TEST_CASE("who asks while routes are being told is routed by them when asking again", "[gateway]") {
  with_gateway(is_asked_while_it_is_told);
}

asio::awaitable<int> pid_of_first_run(GatewayRig& rig) {
  const std::string info = co_await command(rig, "show info");
  const size_t at = info.find("\nPid: ");
  REQUIRE(at != std::string::npos);
  co_return std::stoi(info.substr(at + 6));
}

asio::awaitable<void> survives_its_death(GatewayRig& rig) {
  rig.set_service("stable", {&rig.add_upstream("shop-aaa-1")});
  put(rig.objects, sample_route("shop", {{"stable", 1}}));
  co_await rig.apply();
  int starts = 0;
  rig.haproxy->on_started([&starts] { ++starts; });
  const std::shared_ptr<HaproxyControl> old = rig.haproxy->control();
  const int pid = co_await pid_of_first_run(rig);
  CHECK(kill(pid, SIGKILL) == 0);
  co_await eventually(rig.loop.clock(), "HAProxy is started anew",
                      [&starts] { return starts == 1; });
  GatewayPlan nothing;
  const Result<HaproxyReport> too_late = co_await old->apply(std::move(nothing));
  CHECK_FALSE(too_late);
  co_await rig.apply();
  co_await rig.expect_body("/", "shop-aaa-1");
}

asio::awaitable<void> is_woken_from_its_hang(GatewayRig& rig) {
  rig.set_service("stable", {&rig.add_upstream("shop-aaa-1")});
  put(rig.objects, sample_route("shop", {{"stable", 1}}));
  co_await rig.apply();
  int starts = 0;
  rig.haproxy->on_started([&starts] { ++starts; });
  const int pid = co_await pid_of_first_run(rig);
  REQUIRE(kill(pid, SIGSTOP) == 0);
  co_await eventually(rig.loop.clock(), "HAProxy is started anew",
                      [&starts] { return starts == 1; });
  CHECK_FALSE(is_running(pid));
  co_await rig.apply();
  co_await rig.expect_body("/", "shop-aaa-1");
}

TEST_CASE("a HAProxy that hangs is ended, started anew and told everything again", "[gateway]") {
  with_gateway(is_woken_from_its_hang);
}

asio::awaitable<void> shares_its_port_with_nobody(GatewayRig& rig) {
  const HaproxyProcess::Options options{.folder = (rig.folder / "second").string(),
                                        .listen = rig.listen,
                                        .log_path = (rig.folder / "second.log").string()};
  HaproxyProcess second(rig.loop.executor(), rig.loop.clock(), rig.keeper, options);
  const Result<void> started = co_await second.start();
  CHECK_FALSE(started);
  co_await second.stop();
}

TEST_CASE("a second gateway on a port in use does not start", "[gateway]") {
  with_gateway(shares_its_port_with_nobody);
}

TEST_CASE("a killed HAProxy is started anew and told everything again", "[gateway]") {
  with_gateway(survives_its_death);
}

}  // namespace
}  // namespace sluice::local
