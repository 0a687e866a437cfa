// The watch itself: each thing that must never be is done in the controller's name, and seen; its
// near neighbours are not.

#include "tests/sim/watched_shop.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

TEST_CASE("what is in order is no violation") {
  WatchedShop shop;
  shop.update();
  shop.weigh(100, 0);
  shop.weigh(90, 10);
  shop.watch.look();
  CHECK(shop.saw_nothing());
}

TEST_CASE("who takes the canary Service over from nobody's stable revision takes its weight too") {
  WatchedShop shop;
  shop.world.release("shop:v2");
  REQUIRE(shop.world.run_until_phase("Paused"));
  shop.world.promote();
  REQUIRE(shop.world.run_until([&] { return shop.world.canary_weight() == 50; }));
  shop.world.kubelet->available_max["shop:v1"] = 0;
  shop.world.tick(3);
  shop.world.release("shop:v3");
  const auto is_taken_over = [&] {
    const Json service = shop.world.get("Service", "shop-canary");
    return string_at(service, "spec.selector.rollouts-pod-template-hash") ==
           hash_label(shop.world.revision("shop:v3"));
  };
  REQUIRE(shop.world.run_until(is_taken_over));
  CHECK(shop.world.canary_weight() == 50);
  CHECK(shop.saw_nothing());
  shop.world.stop_controller();
  shop.weigh(40, 60);
  CHECK(shop.saw("gets 60% with 0 steps earned"));
}

TEST_CASE("weights that lose requests are seen") {
  WatchedShop shop;
  shop.leave();
  shop.weigh(70, 20);
  CHECK(shop.saw("do not sum up"));
}

TEST_CASE("traffic that is sent where no pods are is seen") {
  WatchedShop shop;
  shop.update();
  SECTION("by a weight") {
    shop.weigh(100, 0);
    shop.world.kubelet->available_max["shop:v2"] = 0;
    shop.world.kubelet->tick();
    shop.weigh(95, 5);
    CHECK(shop.watch.violations().front().find(
              "HTTPRoute shop leads to: canary weight 5 and no canary pod") != std::string::npos);
  }
  SECTION("by a Service") {
    shop.select("shop-stable", "nobody");
    CHECK(shop.watch.violations().front().find(
              "Service shop-stable leads to: stable weight 90 and no stable pod") !=
          std::string::npos);
  }
}

TEST_CASE("a weight that stays where the pods have gone is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.kubelet->available_max["shop:v2"] = 0;
  shop.world.kubelet->tick();
  shop.watch.look();
  CHECK(shop.saw_nothing());
  shop.watch.look();
  CHECK(shop.saw("canary weight stays at 10 without a canary pod"));
}

TEST_CASE("a weight that no step has earned is seen") {
  WatchedShop shop;
  shop.update();
  shop.weigh(50, 50);
  CHECK(shop.saw("gets 50% with 1 steps earned, which ask for 10% at most"));
}

TEST_CASE("a pause that nobody ended, and that has no end, is not over") {
  WatchedShop shop;
  shop.update();
  shop.world.clock.advance(std::chrono::hours(1));
  shop.write_status({{"currentStepIndex", 2}});
  CHECK(shop.saw("step 2 is reached, but only 1 are earned"));
}

TEST_CASE("a pause that somebody ended is over, and no other step is") {
  WatchedShop shop;
  shop.update();
  shop.world.promote();
  shop.write_status({{"currentStepIndex", 2}});
  CHECK(shop.saw_nothing());
  shop.write_status({{"currentStepIndex", 3}});
  CHECK(shop.saw("step 3 is reached, but only 2 are earned"));
}

TEST_CASE("a weight step ends when pods, route and gateway say so") {
  WatchedShop shop;
  shop.update();
  shop.world.promote();
  shop.scale("shop:v2", 2);
  shop.world.kubelet->tick();
  shop.world.kubelet->tick();
  shop.weigh(50, 50);
  CHECK(shop.saw_nothing());
  SECTION("but not before the gateway") {
    shop.write_status({{"currentStepIndex", 3}});
    CHECK(shop.saw("step 3 is reached, but only 2 are earned"));
  }
  SECTION("and a pause with an end lasts from then on") {
    shop.world.gateway->tick();
    shop.write_status({{"currentStepIndex", 3}});
    CHECK(shop.saw_nothing());
    shop.world.clock.advance(std::chrono::seconds(4));
    shop.write_status({{"currentStepIndex", 4}});
    CHECK(shop.saw("step 4 is reached, but only 3 are earned"));
  }
  SECTION("and the pause is over after its time, but the analysis needs its run") {
    shop.world.gateway->tick();
    shop.write_status({{"currentStepIndex", 3}});
    shop.world.clock.advance(std::chrono::seconds(5));
    shop.write_status({{"currentStepIndex", 4}});
    CHECK(shop.saw_nothing());
    shop.write_status({{"currentStepIndex", 5}});
    CHECK(shop.saw("step 5 is reached, but only 4 are earned"));
  }
}

TEST_CASE("traffic for more than the pods can take is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.promote();
  shop.weigh(50, 50);
  CHECK(shop.saw("gets 50% with 1 of 2 pods"));
}

TEST_CASE("a promotion that nothing has earned is seen") {
  WatchedShop shop;
  shop.update();
  const std::string hash = shop.world.hash("shop:v2");
  SECTION("by the status") {
    shop.write_status({{"stableRS", hash}});
    CHECK(shop.saw("becomes stable with 1 steps earned"));
  }
  SECTION("by the stable Service") {
    shop.select("shop-stable", hash);
    CHECK(shop.saw("gets 100% with 1 steps earned"));
  }
  SECTION("although somebody asked for all of it, before it has taken the traffic") {
    shop.world.patch_status({{"promoteFull", true}});
    shop.write_status({{"stableRS", hash}});
    CHECK(shop.saw("becomes stable with 5 steps earned"));
  }
}

TEST_CASE("a bad revision that is promoted is seen, whatever its weight is") {
  WatchedShop shop;
  shop.update();
  shop.judge_bad(shop.world.hash("shop:v2"));
  shop.write_status({{"stableRS", shop.world.hash("shop:v2")}});
  CHECK(shop.saw("becomes stable, a revision that is bad"));
}

TEST_CASE("a promotion that overwrites an abort of this very moment is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.patch_status({{"promoteFull", true}});
  shop.scale("shop:v2", 4);
  shop.settle();
  shop.weigh(0, 100);
  shop.settle();
  SECTION("where there is one") {
    shop.world.abort();
    shop.write_status({{"stableRS", shop.world.hash("shop:v2")}});
    CHECK(shop.saw("becomes stable, a revision that is bad"));
  }
  SECTION("but not without") {
    shop.write_status({{"stableRS", shop.world.hash("shop:v2")}});
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a verdict that nobody heeds is seen") {
  WatchedShop shop;
  shop.update();
  shop.judge_bad(shop.world.hash("shop:v2"));
  shop.watch.look();
  CHECK(shop.saw_nothing());
  shop.watch.look();
  CHECK(shop.saw("was judged bad or aborted, and keeps 10% of the traffic"));
}

TEST_CASE("an abort that nobody heeds is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.watch.look();
  shop.watch.look();
  CHECK(shop.saw("was judged bad or aborted, and keeps 10% of the traffic"));
}

TEST_CASE("traffic that a bad revision gets again is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.weigh(100, 0);
  shop.world.clock.advance(std::chrono::seconds(1));
  shop.weigh(99, 1);
  CHECK(shop.saw("which is bad or not the present revision, gets 1% instead of 0%"));
}

TEST_CASE("an abort without a reason is seen") {
  WatchedShop shop;
  shop.update();
  shop.write_status({{"abort", true}});
  CHECK(shop.saw("an abort without a reason"));
}

TEST_CASE("a verdict is heeded although something else was released since") {
  WatchedShop shop;
  shop.update();
  SECTION("where there is one") {
    shop.judge_bad(shop.world.hash("shop:v2"));
    shop.world.release("shop:v3");
    shop.write_status({{"abort", true}});
    CHECK(shop.saw_nothing());
  }
  SECTION("and not where there is none") {
    shop.world.release("shop:v3");
    shop.write_status({{"abort", true}});
    CHECK(shop.saw("an abort without a reason"));
  }
}

TEST_CASE("a verdict on a revision without traffic is heeded") {
  WatchedShop shop;
  shop.update();
  shop.judge_bad("another");
  shop.watch.look();
  shop.watch.look();
  CHECK(shop.saw_nothing());
}

TEST_CASE("an abort that stays for the next revision is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.weigh(100, 0);
  shop.world.release("shop:v3");
  SECTION("once the controller tells of that one") {
    const int64_t generation = int_at(shop.world.rollout(), "metadata.generation");
    shop.write_status(
        {{"observedGeneration", std::to_string(generation)}, {"currentStepIndex", 0}});
    CHECK(shop.saw("an abort without a reason"));
  }
  SECTION("but not before") {
    shop.write_status({{"message", "aborted"}});
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("traffic that comes back to fewer stable pods than it needs is seen") {
  Json rollout = watched_rollout();
  rollout["spec"]["strategy"]["canary"]["dynamicStableScale"] = true;
  rollout["spec"]["strategy"]["canary"].erase("scaleDownDelaySeconds");
  WatchedShop shop(rollout);
  shop.move_to_half();
  shop.settle();
  shop.scale("shop:v1", 2);
  shop.settle();
  SECTION("where all of it comes to half of them") {
    shop.weigh(100, 0);
    CHECK(shop.saw("gets 100% with 2 pods of 4"));
  }
  SECTION("but not where it comes as they do") {
    shop.scale("shop:v1", 3);
    shop.settle();
    shop.weigh(75, 25);
    CHECK(shop.saw_nothing());
  }
  SECTION("nor where those that have it are dead") {
    shop.let_work("shop:v2", 0);
    shop.weigh(100, 0);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("traffic that comes back to no stable pod is seen") {
  WatchedShop shop;
  shop.update();
  shop.let_work("shop:v1", 0);
  SECTION("while others serve") {
    shop.weigh(100, 0);
    CHECK(shop.saw("gets 100% with 0 pods of 4"));
  }
  SECTION("but not where nobody does") {
    shop.let_work("shop:v2", 0);
    shop.weigh(100, 0);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a header route that leads where no pods are is seen") {
  const Json testers = Json::parse(R"({"setHeaderRoute": {
    "name": "testers", "match": [{"headerName": "x-tester", "headerValue": {"exact": "1"}}]}})");
  Json rollout = watched_rollout(
      Json::array({{{"setCanaryScale", {{"replicas", 1}}}}, testers, pause_step()}));
  rollout["spec"]["strategy"]["canary"]["trafficRouting"]["managedRoutes"] =
      Json::array({{{"name", "testers"}}});
  WatchedShop shop(rollout);
  shop.update();
  const Json rules = shop.world.get("HTTPRoute", "shop")["spec"]["rules"];
  REQUIRE(rules.size() == 2);
  const Json split = rules[rules[0]["backendRefs"].size() > 1 ? 0 : 1];
  shop.write("HTTPRoute", "shop", {{"spec", {{"rules", Json::array({split})}}}});
  SECTION("where it is made") {
    shop.let_work("shop:v2", 0);
    shop.write("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
    CHECK(shop.saw("leads to: a header route and no canary pod"));
  }
  SECTION("but not where a pod serves") {
    shop.write("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a Service that comes to select what has no pods is seen") {
  WatchedShop shop;
  shop.update();
  shop.weigh(100, 0);
  SECTION("although it has no traffic") {
    shop.let_work("shop:v2", 0);
    shop.select("shop-canary", shop.world.hash("shop:v1"));
    CHECK(shop.saw_nothing());
    shop.select("shop-canary", shop.world.hash("shop:v2"));
    CHECK(shop.saw("Service shop-canary comes to select"));
  }
  SECTION("but not where there are pods") {
    shop.select("shop-canary", shop.world.hash("shop:v1"));
    shop.select("shop-canary", shop.world.hash("shop:v2"));
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a canary Service that keeps what was aborted is seen") {
  WatchedShop shop;
  shop.update();
  shop.world.abort();
  shop.weigh(100, 0);
  shop.settle();
  shop.pass(1);
  const auto look = [&shop](int times) {
    for (int i = 0; i < times; ++i) shop.watch.look();
  };
  look(4);
  CHECK(shop.saw_nothing());
  SECTION("after a while") {
    look(1);
    CHECK(shop.saw("the canary Service selects what was aborted"));
  }
  SECTION("but not where it was given back") {
    shop.select("shop-canary", shop.world.hash("shop:v1"));
    look(4);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("a run that measures another revision than its own is seen") {
  WatchedShop shop;
  shop.update();
  const std::string hash = shop.world.hash("shop:v2");
  shop.measure(hash, hash);
  CHECK(shop.saw_nothing());
  shop.measure(hash, shop.world.hash("shop:v1"));
  CHECK(shop.saw("a run about " + hash + " measures " + shop.world.hash("shop:v1")));
}
