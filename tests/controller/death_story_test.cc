// The process dies after any one write of a whole release, and the next one finds its way:
// nothing that matters lived only in memory. And a store that fails now and then delays, no more.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

Json short_steps() {
  return Json::array({weight_step(20), pause_step(2), analysis_step(), weight_step(60)});
}

/// After each write in turn, or, where sanitizers make worlds slow, after every third.
constexpr size_t kStride = SLUICE_KILL_STRIDE;

/// What is left when everything is over. Names of runs may differ.
std::string picture(ControllerWorld& world) {
  std::string text = fmt::format(
      "{} weight {}; stable {} canary {}; v1 {} v2 {}; runs {}", world.phase(),
      world.canary_weight(), world.selected_by("shop-stable"), world.selected_by("shop-canary"),
      world.pods("shop:v1"), world.pods("shop:v2"), world.list("AnalysisRun").size());
  for (const Json& run : world.list("AnalysisRun")) text += " " + string_at(run, "status.phase");
  return text;
}

void tell(ControllerWorld& world, bool good) {
  world.success_rate = [&world, good](const std::string& hash) {
    return good || hash != world.hash("shop:v2") ? 1.0 : 0.2;
  };
  world.deploy_shop(5, short_steps());
  world.release("shop:v2");
  CHECK(world.run_until_phase(good ? "Healthy" : "Degraded"));
  world.tick(15);
}

}  // namespace

TEST_CASE("killed after any write, a release ends the same") {
  const bool good = GENERATE(true, false);
  ControllerWorld undisturbed;
  tell(undisturbed, good);
  const std::string expected = picture(undisturbed);
  INFO(expected);
  REQUIRE(undisturbed.store->writes() > 20);
  for (size_t write = 1; write <= undisturbed.store->writes(); write += kStride) {
    INFO("killed after write " << write);
    ControllerWorld world;
    world.store->die_at_write(write);
    tell(world, good);
    CHECK(picture(world) == expected);
  }
}

TEST_CASE("killed again and again, a release still comes to its end") {
  ControllerWorld world;
  world.deploy_shop(5, short_steps());
  world.release("shop:v2");
  for (int i = 0; i < 200 && world.phase() != "Healthy"; ++i) {
    if (!world.store->is_dead()) world.store->die_at_write(world.store->writes() + 2);
    world.tick();
  }
  CHECK(world.phase() == "Healthy");
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
}

TEST_CASE("a store that fails now and then delays a release, no more") {
  const uint32_t seed = GENERATE(range(1U, 6U));
  INFO("seed " << seed);
  ControllerWorld world(seed);
  world.deploy_shop(5, short_steps());
  world.store->set_rates(
      {.fail_before = 10, .fail_after = 10, .conflict = 10, .delay = 20, .drop_watch = 5});
  world.release("shop:v2");
  INFO(world.reasons());
  CHECK(world.run_until_phase("Healthy", 600));
  world.store->set_rates({});
  world.tick(60);
  CHECK(world.selected_by("shop-stable") == world.hash("shop:v2"));
  CHECK(world.canary_weight() == 0);
  CHECK(world.pods("shop:v1") == 0);
}
