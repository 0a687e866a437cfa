// The watch itself: each thing that must never be is done by hand, and seen.

#include "tests/sim/safety_watch.h"

#include "crds/names.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

namespace {

/// A shop at rest whose controller is gone: nobody puts right what is done to it.
struct Deserted {
  Deserted() : watch(deserted()) {}

  ControllerWorld& deserted() {
    world.deploy_shop(2, judged_steps());
    world.tick(10);
    world.stop_controller();
    return world;
  }

  void weigh(int stable, int canary) {
    Json rules = world.get("HTTPRoute", "shop")["spec"]["rules"];
    rules[0]["backendRefs"][0]["weight"] = stable;
    rules[0]["backendRefs"][1]["weight"] = canary;
    world.patch("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
  }

  void select(const std::string& service, const std::string& hash) {
    world.patch("Service", service,
                {{"spec", {{"selector", {{crds::kPodTemplateHashLabel, hash}}}}}});
  }

  void scale(int replicas) {
    const std::string name = string_at(world.revision("shop:v1"), "metadata.name");
    world.patch("ReplicaSet", name, {{"spec", {{"replicas", replicas}}}});
  }

  void judge_bad(const std::string& hash) {
    Json run = Json::parse(R"({
      "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": {"name": "verdict"},
      "spec": {"metrics": []}, "status": {"phase": "Failed"}})");
    run["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
    world.create(run);
  }

  bool saw(const std::string& part) const {
    return watch.violations().size() == 1 &&
           watch.violations().front().find(part) != std::string::npos;
  }

  ControllerWorld world;
  SafetyWatch watch;
};

}  // namespace

TEST_CASE("what is in order is no violation") {
  Deserted shop;
  shop.weigh(90, 10);
  shop.weigh(100, 0);
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
}

TEST_CASE("weights that lose requests are seen") {
  Deserted shop;
  shop.weigh(70, 20);
  CHECK(shop.saw("do not sum up"));
}

TEST_CASE("traffic that is sent where no pods are is seen") {
  Deserted shop;
  SECTION("by a weight") {
    shop.select("shop-canary", "nobody");
    shop.weigh(90, 10);
    CHECK(shop.saw("HTTPRoute shop leads to: canary weight 10 and no canary pod"));
  }
  SECTION("by a Service") {
    shop.select("shop-stable", "nobody");
    CHECK(shop.saw("Service shop-stable leads to: stable weight 100 and no stable pod"));
  }
}

TEST_CASE("a stable revision that is scaled below its traffic is seen") {
  Deserted shop;
  shop.scale(1);
  CHECK(shop.saw("is scaled to 1 with 100% of the traffic"));
}

TEST_CASE("a weight that stays where the pods have gone is seen") {
  Deserted shop;
  shop.watch.set_mode({.can_act = true, .can_know = false});
  shop.select("shop-canary", "nobody");
  shop.weigh(90, 10);
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
  shop.watch.look();
  CHECK(shop.saw("canary weight stays at 10 without a canary pod"));
}

TEST_CASE("a verdict that nobody heeds is seen") {
  Deserted shop;
  shop.weigh(90, 10);
  shop.judge_bad(shop.world.selected_by("shop-canary"));
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
  shop.watch.look();
  CHECK(shop.saw("traffic stays on a revision judged bad by verdict"));
}

TEST_CASE("an abort that nobody heeds is seen") {
  Deserted shop;
  shop.world.release("shop:v2");
  shop.weigh(90, 10);
  // Pods to take the weight: what is missing is only the way back.
  shop.select("shop-canary", "");
  shop.world.abort();
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
  shop.watch.look();
  CHECK(shop.saw("canary weight stays at 10 after an abort"));
}

TEST_CASE("a verdict on a revision without traffic is heeded") {
  Deserted shop;
  shop.weigh(90, 10);
  shop.judge_bad("another");
  shop.watch.look();
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
}
