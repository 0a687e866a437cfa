// Another controller beside this one that manages the same Rollout.

#include "controller/second_controller.h"
#include "engine/reasons.h"
#include "tests/controller/controller_world.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>

using namespace sluice;
using namespace sluice::controller;
using namespace sluice::controller::test;

namespace {

Json paused_steps() {
  return Json::array({weight_step(20), pause_step()});
}

/// Writes a status of its own over each that it finds, as another engine would.
class Rival {
 public:
  explicit Rival(ControllerWorld& world) : world_(world) {
    observer_ = world.registry->observe([this](const local::Change& change) {
      if (change.resource->kind == "Rollout" && change.after)
        boost::asio::post(world_.context, [this] { act(); });
    });
    act();
  }

  bool active = true;
  int written = 0;

 private:
  void act() {
    if (!active || world_.message() == kMessage) return;
    ++written;
    world_.patch_status({{"phase", "Progressing"}, {"message", kMessage}});
  }

  static constexpr const char* kMessage = "more replicas need to be updated";

  ControllerWorld& world_;
  std::shared_ptr<void> observer_;
};

/// Another process of Sluice on the same cluster, which was told to act without being elected.
class OtherSluice {
 public:
  explicit OtherSluice(ControllerWorld& world)
      : world_(world),
        leadership_(world.clock, world.context.get_executor()),
        controller_({.store = *world.api,
                     .clock = world.clock,
                     .routers = routers_,
                     .providers = providers_,
                     .events = events_,
                     .leadership = leadership_},
                    world.context.get_executor(), Scope{}) {
    leadership_.lead_always();
    controller_.start();
    world.clock.settle();
  }

  ~OtherSluice() {
    boost::asio::co_spawn(world_.context, controller_.stop(), [](const std::exception_ptr&) {});
    world_.clock.settle();
  }

  OtherSluice(const OtherSluice&) = delete;
  OtherSluice& operator=(const OtherSluice&) = delete;

 private:
  ControllerWorld& world_;
  kube::Leadership leadership_;
  traffic::RouterRegistry routers_ = traffic::builtin_routers();
  analysis::ProviderRegistry providers_;
  EventLog events_;
  Controller controller_;
};

Json condition(const ControllerWorld& world) {
  for (const Json& entry : world.rollout()["status"]["conditions"])
    if (entry["type"] == engine::kSecondController) return entry;
  return nullptr;
}

int64_t times_told(const ControllerWorld& world) {
  return std::count(world.events.codes.begin(), world.events.codes.end(),
                    engine::kSecondController);
}

}  // namespace

TEST_CASE("another engine that writes the status is told of, and is not fought at full speed") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  Rival rival(world);
  world.tick(60);
  const Json said = condition(world);
  REQUIRE_FALSE(said.is_null());
  CHECK(string_at(said, "message").find("another controller writes the status") == 0);
  CHECK(times_told(world) == 1);
  // 3 at once, then after 0.1, 0.2, 0.4 … 10 s.
  CHECK(rival.written >= 8);
  CHECK(rival.written <= 20);

  rival.active = false;
  world.tick(15);
  CHECK(world.phase() == "Healthy");
  CHECK_FALSE(condition(world).is_null());
  world.tick(5 * 60);
  CHECK(condition(world).is_null());
  CHECK(times_told(world) == 1);
}

TEST_CASE("a second Sluice is told of, and the two do not quarrel about it") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  {
    const OtherSluice other(world);
    for (const char* image : {"shop:v2", "shop:v3", "shop:v4"}) {
      world.release(image);
      REQUIRE(world.run_until_phase("Paused"));
    }
    world.tick(15);
    REQUIRE_FALSE(condition(world).is_null());
    int changes = 0;
    const auto observer = world.registry->observe([&](const local::Change& change) {
      if (change.resource->kind == "Rollout") ++changes;
    });
    world.tick(120);
    CHECK(changes <= 2);
    CHECK(world.canary_weight() == 20);
  }
  world.tick(10 * 60);
  CHECK(condition(world).is_null());
}

TEST_CASE("beside another engine an abort takes the traffic back at once") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  Rival rival(world);
  world.tick(60);
  REQUIRE(world.canary_weight() == 20);
  world.abort();
  world.tick(1);
  CHECK(world.canary_weight() == 0);
}

TEST_CASE("what people do to the status is no second controller's work") {
  ControllerWorld world;
  world.deploy_shop(5, paused_steps());
  for (int release = 0; release < 6; ++release) {
    world.release("shop:v" + std::to_string(2 + release));
    REQUIRE(world.run_until_phase("Paused"));
    world.abort();
    world.tick(2);
    world.retry();
    REQUIRE(world.run_until_phase("Paused"));
    if (release % 2 == 0) world.restart_controller();
    world.promote();
    REQUIRE(world.run_until_phase("Healthy"));
    CHECK(condition(world).is_null());
  }
  CHECK(times_told(world) == 0);
}

TEST_CASE("a try whose answer is lost is ours, one that was overtaken is not") {
  const ObjectKey shop{"default", "shop"};
  const SteadyTime now{};
  SecondController second;
  crds::RolloutStatus status;
  status.message = "first";
  second.saw(shop, status, now);
  const bool overtaken = GENERATE(false, true);
  for (const char* message : {"a", "b", "c"}) {
    status.message = message;
    second.writing(shop, status, now);
    if (overtaken) second.overtaken(shop);
    second.saw(shop, status, now);
  }
  engine::Plan plan;
  const auto writer = [] { return std::string("\"rollouts-controller\""); };
  second.tell(shop, plan, writer, now, SystemTime{});
  REQUIRE(plan.status.conditions.size() == (overtaken ? 1 : 0));
  REQUIRE(plan.status.waiting_for.size() == (overtaken ? 1 : 0));
  CHECK((second.wait(shop, status, now) > Duration::zero()) == overtaken);
  if (!overtaken) return;
  CHECK(plan.status.waiting_for.front().message.find("\"rollouts-controller\" writes") == 0);
  status.abort = true;
  CHECK(second.wait(shop, status, now + kForeignQuiet) == Duration::zero());
}
