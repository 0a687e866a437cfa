// A controller that only observes stands beside another engine: here another Sluice, which walks
// its canaries as the observer would, until somebody plants a difference.

#include "controller/engine_comparison.h"
#include "tests/controller/controller_world.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>

using namespace sluice;
using namespace sluice::controller;
using namespace sluice::controller::test;

namespace {

const ObjectKey kShop{"default", "shop"};

/// An observer on the world's API; counts what it tries to do there but look.
class Observer {
 public:
  explicit Observer(ControllerWorld& world)
      : world_(world),
        store_(*world.api, world.clock, world.context.get_executor(), 1),
        leadership_(world.clock, world.context.get_executor()),
        controller_({.store = store_,
                     .clock = world.clock,
                     .routers = routers_,
                     .providers = providers_,
                     .events = events,
                     .leadership = leadership_,
                     .observe_only = true},
                    world.context.get_executor(), Scope{}) {
    store_.refuse([this](std::string_view verb, const auto&, const auto&) {
      const bool looks = verb == "get" || verb == "list" || verb == "watch";
      if (!looks) ++writes;
      return std::optional<Error>{};
    });
    controller_.start();
    world.clock.settle();
  }

  ~Observer() {
    boost::asio::co_spawn(world_.context, controller_.stop(), [](const std::exception_ptr&) {});
    world_.clock.settle();
  }

  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  std::vector<std::string> differences() const { return explain().differences; }

  Explanation explain() const { return controller_.explain(kShop); }

  /// How often the other moved as Sluice would have, by that aspect.
  bool has_agreed(const std::string& aspect) {
    const std::string line =
        "sluice_observed_moves_total{aspect=\"" + aspect + "\",verdict=\"agrees\"}";
    return metrics().find(line) != std::string::npos;
  }

  std::string metrics() { return controller_.metrics_text(); }

  int writes = 0;
  EventLog events;

 private:
  ControllerWorld& world_;
  FaultyStore store_;
  kube::Leadership leadership_;  ///< Which an observer does without.
  traffic::RouterRegistry routers_ = traffic::builtin_routers();
  analysis::ProviderRegistry providers_;
  Controller controller_;
};

}  // namespace

TEST_CASE("beside an engine that does as Sluice would an observer finds no difference") {
  ControllerWorld world;
  world.deploy_shop(4,
                    Json::array({weight_step(20), pause_step(30), weight_step(60), pause_step()}));
  Observer observer(world);
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return world.canary_weight() == 60; }));
  world.tick(20);
  SECTION("promoted") {
    world.promote();
    REQUIRE(world.run_until_phase("Healthy"));
    CHECK(observer.has_agreed("stable"));
  }
  SECTION("aborted") {
    world.abort();
    REQUIRE(world.run_until_phase("Degraded"));
  }
  world.tick(40);
  for (const std::string& difference : observer.differences()) UNSCOPED_INFO(difference);
  CHECK(observer.differences().empty());
  CHECK(observer.metrics().find("differs") == std::string::npos);
  CHECK(observer.has_agreed("step"));
  CHECK(observer.has_agreed("weight"));
  CHECK(observer.has_agreed("phase"));
  CHECK(observer.writes == 0);
}

TEST_CASE("an observer tells of a step that the other engine took and Sluice would not have") {
  ControllerWorld world;
  world.deploy_shop(4, Json::array({weight_step(20), pause_step(), weight_step(60), pause_step()}));
  Observer observer(world);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  world.stop_controller();
  world.patch_status({{"currentStepIndex", 3}});
  world.tick(15);
  const auto differences = observer.differences();
  REQUIRE_FALSE(differences.empty());
  CHECK(std::ranges::count(differences,
                           "step: the other engine went from 1 to 3, Sluice would be at 1") == 1);
  CHECK(observer.events.was_told("OtherEngineDiffers"));
  CHECK(observer.metrics().find(
            "sluice_observed_moves_total{aspect=\"step\",verdict=\"differs\"} 1") !=
        std::string::npos);
  CHECK(observer.writes == 0);
  world.start_controller();
}

TEST_CASE("an observer tells of what the other engine does not do, once") {
  ControllerWorld world;
  world.deploy_shop(4, Json::array({weight_step(20), pause_step(5), weight_step(60)}));
  Observer observer(world);
  world.stop_controller();
  world.release("shop:v2");
  world.tick(60);
  const auto differences = observer.differences();
  CHECK(std::ranges::count(differences,
                           "phase: the other engine stays at Healthy, Sluice would be at "
                           "Progressing") == 1);
  CHECK(world.revision("shop:v2").is_null());
  CHECK(observer.writes == 0);
  world.start_controller();
}

TEST_CASE("an observer says what Sluice would wait for") {
  ControllerWorld world;
  world.deploy_shop(4, Json::array({weight_step(20), pause_step()}));
  Observer observer(world);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  world.tick(2);
  REQUIRE_FALSE(observer.explain().waits.empty());
  CHECK(observer.explain().waits.front().reason == "WaitingForPromotion");
  for (const Decision& decision : observer.explain().decisions) {
    INFO(decision.aspect);
    CHECK(decision.ours == decision.other);
  }
  CHECK(observer.explain().decisions.size() == kAspects.size());
  CHECK(observer.metrics().find("rollout_info") != std::string::npos);
  CHECK(observer.writes == 0);
}

TEST_CASE("a move is explained by what Sluice would do once it knows as much, or it is told of") {
  using namespace std::chrono_literals;
  EngineComparison comparison;
  SteadyTime now{};
  crds::RolloutStatus status;
  status.current_step_index = 1;
  comparison.saw(kShop, status, now);
  crds::RolloutStatus moved = status;
  moved.current_step_index = 2;
  comparison.saw(kShop, moved, now);
  int32_t ours = 1;
  const auto plan = [&ours](const crds::RolloutStatus& found) {
    crds::RolloutStatus planned = found;
    planned.current_step_index = std::max(ours, *found.current_step_index);
    return planned;
  };
  const auto early = comparison.look(kShop, plan, now);
  CHECK(early.differences.empty());
  CHECK(early.agreed.empty());
  CHECK(early.look_again == EngineComparison::kPatience);
  SECTION("the ReplicaSet's news came later than the status") {
    ours = 3;
    CHECK(comparison.look(kShop, plan, now + 1s).agreed == std::vector{Aspect::Step});
  }
  SECTION("nothing explains it") {
    const auto late = comparison.look(kShop, plan, now + EngineComparison::kPatience);
    REQUIRE(late.differences.size() == 1);
    CHECK(late.differences[0].to_string() ==
          "step: the other engine went from 1 to 2, Sluice would be at 1");
    CHECK(comparison.last(kShop) == late.differences);
    CHECK(comparison.look(kShop, plan, now + 60s).differences.empty());
  }
}
