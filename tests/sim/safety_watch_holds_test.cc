// The watch over who is held, and who must not be: by a freeze, a step, an answer.

#include "tests/sim/watched_shop.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

TEST_CASE("a step that is passed under a freeze is seen, and none that is passed after it") {
  WatchedShop shop;
  shop.update();
  shop.freeze();
  shop.world.promote();
  shop.pass(1);
  SECTION("under it") {
    shop.write_status({{"currentStepIndex", 2}});
    CHECK(shop.saw("step 2 is reached, but only 1 are earned"));
  }
  SECTION("under it, by traffic") {
    shop.scale("shop:v2", 2);
    shop.settle();
    shop.weigh(50, 50);
    CHECK(shop.saw("gets 50% instead of 10% while somebody holds it"));
  }
  SECTION("after it") {
    shop.thaw();
    shop.write_status({{"currentStepIndex", 2}});
    CHECK(shop.saw_nothing());
  }
  SECTION("where nobody can have heard of it") {
    shop.watch.set_mode({.can_act = true, .can_know = false});
    shop.pass(1);
    shop.write_status({{"currentStepIndex", 2}});
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a step that is taken twice is seen") {
  WatchedShop shop;
  shop.update();
  shop.write_status({{"currentStepIndex", 0}});
  CHECK(shop.saw("step 0 is gone back to"));
}

TEST_CASE("somebody who goes back and gets nowhere is seen, under a freeze too") {
  WatchedShop shop;
  shop.update();
  if (GENERATE(false, true)) shop.freeze();
  shop.world.patch(
      "Rollout", "shop",
      {{"metadata", {{"annotations", {{"sluice.dev/rollback-to", shop.world.hash("shop:v2")}}}}}});
  shop.scale("shop:v2", 4);
  shop.settle();
  for (int look = 0; look < 19; ++look) shop.watch.look();
  CHECK(shop.saw_nothing());
  shop.watch.look();
  CHECK(shop.saw("somebody goes back, and it leads to nothing"));
}

TEST_CASE("a bad verdict that is to revert nothing holds the update, and is no reason to abort") {
  Json rollout = watched_rollout();
  const bool holds = GENERATE(true, false);
  if (holds) rollout["spec"]["onFailure"] = "pause";
  WatchedShop shop(rollout);
  shop.update();
  shop.judge_bad(shop.world.hash("shop:v2"));
  SECTION("an abort") {
    shop.write_status({{"abort", true}});
    CHECK((holds ? shop.saw("an abort without a reason") : shop.saw_nothing()));
  }
  SECTION("a step") {
    shop.world.promote();
    shop.write_status({{"currentStepIndex", 2}});
    CHECK(shop.saw("step 2 is reached, but only 1 are earned"));
  }
}
