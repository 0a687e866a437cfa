// The watch over the sizes of ReplicaSets: what must never be is done in the controller's name, and
// seen; its near neighbours are not.

#include "tests/sim/watched_shop.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

TEST_CASE("a stable revision that is scaled below its traffic is seen") {
  WatchedShop shop;
  shop.update();
  shop.scale("shop:v1", 2);
  CHECK(shop.saw("is scaled to 2 with 90% of the traffic"));
}

TEST_CASE("a canary that is scaled away under its traffic is seen") {
  WatchedShop shop;
  shop.update();
  shop.scale("shop:v2", 0);
  CHECK(shop.saw("is scaled to 0 with 10% of the traffic"));
}

TEST_CASE("pods that a bad revision gets are seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.world.clock.advance(std::chrono::seconds(1));
  shop.scale("shop:v2", 3);
  CHECK(shop.saw("which is bad or not the present revision, is scaled to 3"));
}

TEST_CASE("a stable revision is needed until the gateway has taken its traffic away") {
  WatchedShop shop;
  shop.move_to_half();
  SECTION("and is seen to be too small before") {
    shop.scale("shop:v1", 2);
    CHECK(shop.saw("is scaled to 2 with 90% of the traffic"));
  }
  SECTION("but not after") {
    shop.settle();
    shop.scale("shop:v1", 2);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a canary is needed until the gateway has taken its traffic away") {
  WatchedShop shop;
  shop.update();
  shop.weigh(100, 0);
  SECTION("and is seen to be too small before") {
    shop.scale("shop:v2", 0);
    CHECK(shop.saw("is scaled to 0 with 10% of the traffic"));
  }
  SECTION("but not after") {
    shop.settle();
    shop.scale("shop:v2", 0);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a canary that is scaled to less than its part of the traffic is seen") {
  WatchedShop shop;
  shop.move_to_half();
  shop.settle();
  shop.scale("shop:v2", 3);
  shop.scale("shop:v2", 2);
  CHECK(shop.saw_nothing());
  shop.scale("shop:v2", 1);
  CHECK(shop.saw("is scaled to 1 with 50% of the traffic"));
}

TEST_CASE("a canary whose steps say its size may have less than its part of the traffic") {
  WatchedShop shop(watched_rollout(
      Json::array({{{"setCanaryScale", {{"replicas", 1}}}}, weight_step(50), pause_step()})));
  shop.update();
  shop.scale("shop:v2", 2);
  shop.scale("shop:v2", 1);
  CHECK(shop.saw_nothing());
  shop.scale("shop:v2", 0);
  CHECK(shop.saw("is scaled to 0 with 50% of the traffic"));
}

TEST_CASE("a canary that has more than maxSurge leaves room for is seen") {
  Json rollout = watched_rollout(Json::array({weight_step(10), pause_step(), weight_step(75)}));
  Json& canary = rollout["spec"]["strategy"]["canary"];
  canary.erase("scaleDownDelaySeconds");
  canary["dynamicStableScale"] = true;
  canary["maxSurge"] = 1;
  canary["maxUnavailable"] = 0;
  WatchedShop shop(rollout);
  shop.update();
  shop.world.promote();
  SECTION("pods") {
    shop.scale("shop:v2", 2);
    CHECK(shop.saw("6 pods, where 5 are the most"));
  }
  SECTION("weight") {
    shop.weigh(75, 25);
    CHECK(shop.saw_nothing());
    shop.weigh(74, 26);
    CHECK(shop.saw("gets 26%, which no step asks for"));
  }
}

TEST_CASE("what was aborted and is scaled away without delay is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.pass(3);
  shop.weigh(100, 0);
  shop.select("shop-canary", shop.watch.view().stable_hash());
  shop.settle();
  SECTION("by the time since its traffic left") {
    shop.pass(4);
    shop.scale("shop:v2", 0);
    CHECK(shop.saw("was aborted, and is scaled to 0 without delay"));
  }
  SECTION("but not after it") {
    shop.pass(5);
    shop.scale("shop:v2", 0);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("without routing, more pods than the surge allows are seen") {
  WatchedShop shop(watched_rollout_without_routing());
  shop.update();
  shop.scale("shop:v1", 3);
  shop.scale("shop:v1", 4);
  CHECK(shop.saw_nothing());
  shop.scale("shop:v1", 5);
  CHECK(shop.saw("6 pods, where 5 are the most"));
}

TEST_CASE("without routing, pods that serve and go although too few are left are seen") {
  WatchedShop shop(watched_rollout_without_routing());
  shop.update();
  SECTION("one by one") {
    shop.scale("shop:v1", 3);
    shop.scale("shop:v1", 2);
    CHECK(shop.saw_nothing());
    shop.scale("shop:v1", 1);
    CHECK(shop.saw("1 pods that serve are taken away: 2 are left, where 3 are the least"));
  }
  SECTION("but not those that do not serve") {
    shop.let_work("shop:v1", 2);
    shop.scale("shop:v1", 2);
    CHECK(shop.saw_nothing());
  }
  SECTION("nor those of a Rollout that somebody holds") {
    shop.world.patch("Rollout", "shop", {{"spec", {{"paused", true}}}});
    shop.scale("shop:v1", 1);
    CHECK(shop.saw_nothing());
  }
}
