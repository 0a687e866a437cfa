// The rules over several processes, and what befalls them.

#include "tests/sim/crew.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

namespace {

/// A shop whose controller is a crew.
struct Stage {
  explicit Stage(size_t size = 2) : dice(1), crew(world, dice, size) {
    world.apply_shop(4, judged_steps());
    crew.start();
    REQUIRE(run_until([this] { return world.phase() == "Healthy"; }));
  }

  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      world.tick();
      crew.tick();
    }
  }

  bool run_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 300 && !condition(); ++i) pass(1);
    return condition();
  }

  Process& leader() { return crew.process(0).leads() ? crew.process(0) : crew.process(1); }

  Process& standby() { return crew.process(0).leads() ? crew.process(1) : crew.process(0); }

  /// Past the gate.
  void write_by(Process& process) {
    const Json patch = {{"metadata", {{"labels", {{"by", process.identity()}}}}}};
    boost::asio::co_spawn(
        world.context,
        process.line.patch({{"", "v1", "Service"}, "services"}, {"default", "shop-stable"},
                           kube::PatchType::Merge, dump_json(patch), {}),
        [](const std::exception_ptr&, const Result<kube::Object>& done) { CHECK(done); });
    world.clock.settle();
  }

  bool saw_nothing() const { return crew.violations().empty(); }

  ControllerWorld world;
  Dice dice;
  Crew crew;
};

}  // namespace

TEST_CASE("a write of somebody who does not hold the Lease is seen") {
  Stage stage;
  stage.write_by(stage.leader());
  CHECK(stage.saw_nothing());
  stage.write_by(stage.standby());
  REQUIRE(stage.crew.violations().size() == 1);
  CHECK(stage.crew.violations().front().find("writes Service shop-stable") != std::string::npos);
}

TEST_CASE("a Lease that nobody gets although somebody could is seen") {
  Stage stage;
  int taken = 0;
  const auto take_away = [&] {
    const auto type = stage.world.registry->find_kind("coordination.k8s.io", "Lease");
    const Json spec = {{"holderIdentity", "somebody"}, {"leaseTransitions", ++taken}};
    REQUIRE(stage.world.registry->patch(*type, process_lease(), kube::Subresource::None,
                                        kube::PatchType::Merge, dump_json({{"spec", spec}})));
  };
  for (int i = 0; i < 10; ++i) {
    take_away();
    stage.pass(1);
  }
  CHECK(stage.saw_nothing());
  for (int i = 0; i < 30; ++i) {
    take_away();
    stage.pass(1);
  }
  REQUIRE_FALSE(stage.saw_nothing());
  CHECK(stage.crew.violations().front().find("nobody leads for") == 0);
}

TEST_CASE(
    "a leader that stood still for longer than its Lease lasts writes nothing once it goes on") {
  Stage stage;
  Process& frozen = stage.leader();
  stage.world.release("shop:v2");
  frozen.freeze();
  stage.pass(25);
  CHECK(&stage.leader() != &frozen);
  const size_t written = frozen.line.writes();
  frozen.thaw();
  CHECK_FALSE(frozen.leads());
  stage.pass(5);
  CHECK(frozen.line.writes() == written);
  CHECK(stage.run_until([&] { return stage.world.canary_weight() == 10; }));
  CHECK(stage.saw_nothing());
}

TEST_CASE("whoever dies or ends is followed, and the work goes on") {
  Stage stage;
  stage.world.release("shop:v2");
  SECTION("it dies") {
    stage.crew.die_after(1);
  }
  SECTION("it ends in good order") {
    stage.crew.hand_over();
  }
  SECTION("its Lease may not be written") {
    stage.crew.refuse_leases(30, false);
  }
  CHECK(stage.run_until([&] { return stage.world.phase() == "Healthy"; }));
  CHECK(stage.world.selected_by("shop-stable") == stage.world.hash("shop:v2"));
  CHECK(stage.saw_nothing());
}

TEST_CASE("one process alone always leads, and stands for no Lease") {
  Stage stage(1);
  CHECK(stage.crew.acts());
  stage.crew.die_after(1);
  stage.world.release("shop:v2");
  CHECK(stage.run_until([&] { return stage.world.phase() == "Healthy"; }));
  CHECK(stage.world.list("Lease").empty());
}
