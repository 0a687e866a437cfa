// Several processes of one controller on one API, each with a line to it of its own that a story
// may cut; and the controller of another engine beside them.

#include "kube/elector.h"
#include "kube/gated_store.h"
#include "tests/controller/controller_world.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::controller::test {
namespace {

using namespace std::chrono_literals;

const ObjectKey kLease{"sluice", "sluice-controller"};
const ObjectKey kArgoLease{"argo-rollouts", "argo-rollouts-controller-lock"};
constexpr Duration kLeaseDuration = 15s;
constexpr Duration kRenewDeadline = 10s;

struct World : ControllerWorld {
  World() {
    for (const ObjectKey& lease : {kLease, kArgoLease}) {
      create({{"apiVersion", "v1"},
              {"kind", "Namespace"},
              {"metadata", {{"name", lease.namespace_}}}});
    }
  }
};

/// One process: its line to the API, and what it makes of the Lease.
class Candidate {
 public:
  Candidate(ControllerWorld& world, const std::string& name)
      : world_(world),
        line(*world.api, world.clock, world.context.get_executor(), 1),
        leadership(world.clock, world.context.get_executor()),
        elector(line, world.clock, world.context.get_executor(),
                {.lease = kLease, .election = {.identity = name}, .rival = kArgoLease}, leadership),
        tasks_(world.context.get_executor()) {
    elector.start();
    tasks_.spawn("work", work());
    world.clock.settle();
  }

  ~Candidate() {
    if (!stopped_) stop();
    end(tasks_.stop());
  }

  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  void stop() {
    stopped_ = true;
    end(elector.stop());
  }

  /// Nothing reaches the API any more, nor comes from it.
  void cut() {
    line.refuse([](auto, const auto&, const auto&) { return unavailable("cut"); });
    line.set_rates({.drop_watch = 100});
  }

  bool leads() const { return leadership.may_write(); }

  std::string told() const { return kube::to_string(leadership.report()); }

 private:
  boost::asio::awaitable<void> work() {
    while (true) {
      co_await leadership.begin_term();
      co_await leadership.wait_term_end();
    }
  }

  void end(boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(world_.context, std::move(task), [](const std::exception_ptr&) {});
    world_.clock.settle();
  }

  ControllerWorld& world_;
  bool stopped_ = false;

 public:
  FaultyStore line;
  kube::Leadership leadership;
  kube::Elector elector;

 private:
  net::TaskGroup tasks_;
};

Json lease(ControllerWorld& world, const ObjectKey& key = kLease) {
  std::optional<Result<kube::Object>> found;
  boost::asio::co_spawn(world.context, world.api->get(kube::lease_resource(), key),
                        [&](const std::exception_ptr&, Result<kube::Object> answer) {
                          found.emplace(std::move(answer));
                        });
  world.clock.settle();
  REQUIRE(found);
  if (!*found) return nullptr;
  return *(*found)->parse();
}

/// Argo's controller, that renews its Lease every two seconds for as long as it lives.
void argo_renews(ControllerWorld& world, const std::string& holder) {
  const kube::Lease written{.holder = holder,
                            .duration = kLeaseDuration,
                            .acquired_at = world.clock.system_now(),
                            .renewed_at = world.clock.system_now()};
  const auto done = [](const std::exception_ptr&, const Result<kube::Object>& answer) {
    REQUIRE(answer);
  };
  const kube::Resource& leases = kube::lease_resource();
  if (lease(world, kArgoLease).is_null()) {
    boost::asio::co_spawn(world.context,
                          world.api->create(leases, kArgoLease.namespace_,
                                            dump_json(encode_new_lease(kArgoLease, written))),
                          done);
  } else {
    boost::asio::co_spawn(world.context,
                          world.api->patch(leases, kArgoLease, kube::PatchType::Merge,
                                           dump_json(encode_lease_patch(written)), {}),
                          done);
  }
  world.clock.settle();
}

TEST_CASE("one leads, and renews every retry period", "[election]") {
  World world;
  Candidate a(world, "a");
  Candidate b(world, "b");
  CHECK(a.leads());
  CHECK_FALSE(b.leads());
  CHECK(a.told() == "leading");
  CHECK(b.told() == "standby: sluice/sluice-controller is held by a");
  const size_t calls_of_b = b.line.calls();
  const size_t writes_of_a = a.line.writes();
  world.clock.advance(60s);
  CHECK(a.leads());
  CHECK(a.line.writes() - writes_of_a == 30);
  CHECK(b.line.calls() == calls_of_b);
  CHECK(lease(world)["spec"]["leaseTransitions"] == 0);
}

TEST_CASE("a leader that ends lets its Lease go, and the next one leads at once", "[election]") {
  World world;
  Candidate a(world, "a");
  Candidate b(world, "b");
  world.clock.advance(3s);
  a.stop();
  CHECK_FALSE(a.leads());
  CHECK(b.leads());
  CHECK(lease(world)["spec"]["holderIdentity"] == "b");
  CHECK(lease(world)["spec"]["leaseTransitions"] == 1);
}

TEST_CASE("the last one leaves a Lease that nobody holds", "[election]") {
  World world;
  Candidate a(world, "a");
  a.stop();
  CHECK(lease(world)["spec"]["holderIdentity"] == "");
}

TEST_CASE("a leader that is cut off stops before the next one begins", "[election]") {
  World world;
  Candidate a(world, "a");
  Candidate b(world, "b");
  world.clock.advance(1s);
  a.cut();
  const SteadyTime cut_at = world.clock.steady_now();
  SteadyTime stopped_at{};
  SteadyTime taken_at{};
  for (int i = 0; i < 200 && !b.leads(); ++i) {
    world.clock.advance(100ms);
    CHECK_FALSE((a.leads() && b.leads()));
    if (a.leads()) stopped_at = world.clock.steady_now();
    taken_at = world.clock.steady_now();
  }
  REQUIRE(b.leads());
  CHECK(stopped_at - cut_at < kRenewDeadline);
  CHECK(taken_at - cut_at > kRenewDeadline);
  CHECK(taken_at - cut_at <= kLeaseDuration);
  CHECK(a.told() == "waiting: sluice/sluice-controller is held by a: cut");
}

TEST_CASE("an outage of the API ends no leadership that it does not outlast", "[election]") {
  World world;
  Candidate a(world, "a");
  world.clock.advance(1s);
  a.line.refuse([](auto, const auto&, const auto&) { return unavailable("down"); });
  world.clock.advance(8s);
  CHECK(a.leads());
  a.line.refuse({});
  world.clock.advance(10s);
  CHECK(a.leads());
}

TEST_CASE("a Lease that somebody takes by hand is given up at once", "[election]") {
  World world;
  Candidate a(world, "a");
  boost::asio::co_spawn(
      world.context,
      world.api->patch(kube::lease_resource(), kLease, kube::PatchType::Merge,
                       dump_json({{"spec", {{"holderIdentity", "somebody"}}}}), {}),
      [](const std::exception_ptr&, const Result<kube::Object>& answer) { REQUIRE(answer); });
  world.clock.settle();
  CHECK_FALSE(a.leads());
  world.clock.advance(kLeaseDuration);
  CHECK(a.leads());
}

TEST_CASE("a Lease that may not be written is told of", "[election]") {
  World world;
  Candidate a(world, "a");
  a.line.refuse([](std::string_view verb, const auto&, const auto&) -> std::optional<Error> {
    if (verb == "patch") return forbidden("leases is forbidden");
    return std::nullopt;
  });
  world.clock.advance(20s);
  CHECK_FALSE(a.leads());
  CHECK(a.told() == "waiting: sluice/sluice-controller is held by a: leases is forbidden");
}

TEST_CASE("a namespace that is not there is told of", "[election]") {
  ControllerWorld world;
  Candidate a(world, "a");
  world.clock.advance(5s);
  CHECK_FALSE(a.leads());
  CHECK(a.told().starts_with("waiting: sluice/sluice-controller: "));
  CHECK(a.told().contains("not found"));
}

TEST_CASE("nobody leads beside a living controller of another engine", "[election]") {
  World world;
  argo_renews(world, "argo-1");
  Candidate a(world, "a");
  // It may be left from long ago.
  CHECK_FALSE(a.leads());
  CHECK(a.told() == "waiting: argo-rollouts/argo-rollouts-controller-lock is held by argo-1");
  SECTION("it was") {
    world.clock.advance(kLeaseDuration);
    CHECK(a.leads());
  }
  SECTION("it lives, then is gone") {
    for (int i = 0; i < 20; ++i) {
      world.clock.advance(2s);
      argo_renews(world, "argo-1");
      CHECK_FALSE(a.leads());
    }
    CHECK(a.told() == "held back: argo-rollouts/argo-rollouts-controller-lock is held by argo-1");
    world.clock.advance(3s);
    CHECK(lease(world)["metadata"]["annotations"]["sluice.dev/standing"] == a.told());
    world.clock.advance(kLeaseDuration);
    CHECK(a.leads());
    world.clock.advance(3s);
    CHECK_FALSE(lease(world)["metadata"]["annotations"].contains("sluice.dev/standing"));
  }
  SECTION("it lets its Lease go") {
    world.clock.advance(2s);
    argo_renews(world, "");
    CHECK(a.leads());
  }
}

TEST_CASE("a leader holds back as soon as another engine's controller comes to life",
          "[election]") {
  World world;
  Candidate a(world, "a");
  CHECK(a.leads());
  argo_renews(world, "argo-1");
  CHECK_FALSE(a.leads());
}

TEST_CASE("a release goes on with the next leader from where the last one stopped", "[election]") {
  World world;
  world.apply_shop(4, Json::array({{{"setWeight", 25}}, {{"pause", Json::object()}}}));
  Candidate a(world, "a");
  Candidate b(world, "b");
  kube::GatedStore writes(*world.store, kube::while_leading(b.leadership));
  const Controller::Parts parts = world.parts(writes, b.leadership);
  world.leadership.end();
  Controller standby(parts, world.context.get_executor(), Scope{});
  standby.start();
  world.clock.settle();
  const size_t written = world.store->writes();
  world.tick(5);
  CHECK(standby.ready());
  CHECK(world.store->writes() == written);
  CHECK(standby.explain({"default", "shop"}).waits.front().message ==
        "standby: sluice/sluice-controller is held by a");
  CHECK(standby.metrics_text().contains("sluice_leading 0"));
  a.stop();
  CHECK(world.run_until_phase("Healthy"));
  CHECK(standby.metrics_text().contains("sluice_leading 1"));
  CHECK(standby.metrics_text().contains("rollout_info{"));
  argo_renews(world, "argo-1");
  world.clock.settle();
  const size_t then = world.store->writes();
  world.release("shop:v2");
  world.tick(5);
  CHECK(world.store->writes() == then);
  CHECK_FALSE(standby.metrics_text().contains("rollout_info{"));
  world.clock.advance(kLeaseDuration);
  CHECK(world.run_until_phase("Paused"));
  boost::asio::co_spawn(world.context, standby.stop(), [](const std::exception_ptr&) {});
  world.clock.settle();
}

}  // namespace
}  // namespace sluice::controller::test
