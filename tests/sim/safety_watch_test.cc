// The watch itself: each thing that must never be is done in the controller's name, and seen.

#include "tests/sim/safety_watch.h"

#include "crds/names.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

namespace {

const Role kShop{"shop", "shop-stable", "shop-canary", "shop"};

Json steps() {
  return Json::array(
      {weight_step(10), pause_step(), weight_step(50), pause_step(5), analysis_step()});
}

/// A shop at rest, or with an update at its first pause.
struct Shop {
  Shop() : scene(deployed()), watch(scene, kShop) {}

  ControllerWorld& deployed() {
    world.deploy_shop(4, steps());
    world.tick(10);
    return world;
  }

  /// At 10%, where somebody is to promote; the controller is gone then.
  void update() {
    world.release("shop:v2");
    REQUIRE(world.run_until_phase("Paused"));
    REQUIRE(world.canary_weight() == 10);
    leave();
  }

  void leave() {
    world.tick(2);
    world.stop_controller();
    CHECK(watch.violations().empty());
  }

  /// Through the controller's own way to the API.
  void write(const std::string& kind, const std::string& name, const Json& merge_patch,
             kube::Subresource subresource = kube::Subresource::None) {
    for (const auto& type : world.registry->types()) {
      if (type->kind != kind) continue;
      boost::asio::co_spawn(
          world.context,
          world.store->patch({type->gvk(), type->plural}, {"default", name}, kube::PatchType::Merge,
                             dump_json(merge_patch), {.subresource = subresource}),
          [](const std::exception_ptr&, const Result<kube::Object>& done) { CHECK(done); });
    }
    world.clock.settle();
  }

  void write_status(const Json& status) {
    write("Rollout", "shop", {{"status", status}}, kube::Subresource::Status);
  }

  void weigh(int stable, int canary) {
    Json rules = world.get("HTTPRoute", "shop")["spec"]["rules"];
    rules[0]["backendRefs"][0]["weight"] = stable;
    rules[0]["backendRefs"][1]["weight"] = canary;
    write("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
  }

  void select(const std::string& service, const std::string& hash) {
    write("Service", service, {{"spec", {{"selector", {{crds::kPodTemplateHashLabel, hash}}}}}});
  }

  void scale(const std::string& image, int replicas) {
    const std::string name = string_at(world.revision(image), "metadata.name");
    write("ReplicaSet", name, {{"spec", {{"replicas", replicas}}}});
  }

  void judge_bad(const std::string& hash) {
    Json run = Json::parse(R"({
      "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
      "metadata": {"name": "verdict", "ownerReferences": [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": "x"}]},
      "spec": {"metrics": []}, "status": {"phase": "Failed"}})");
    run["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
    world.create(run);
    world.clock.advance(std::chrono::seconds(1));
  }

  bool saw(const std::string& part) const {
    for (const std::string& violation : watch.violations()) UNSCOPED_INFO(violation);
    return watch.violations().size() == 1 &&
           watch.violations().front().find(part) != std::string::npos;
  }

  ControllerWorld world;
  Scene scene;
  SafetyWatch watch;
};

}  // namespace

TEST_CASE("what is in order is no violation") {
  Shop shop;
  shop.update();
  shop.weigh(100, 0);
  shop.weigh(90, 10);
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
}

TEST_CASE("who takes the canary Service over from nobody's stable revision takes its weight too") {
  Shop shop;
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
  CHECK(shop.watch.violations().empty());
  shop.world.stop_controller();
  shop.weigh(40, 60);
  CHECK(shop.saw("gets 60% with 0 steps earned"));
}

TEST_CASE("weights that lose requests are seen") {
  Shop shop;
  shop.leave();
  shop.weigh(70, 20);
  CHECK(shop.saw("do not sum up"));
}

TEST_CASE("traffic that is sent where no pods are is seen") {
  Shop shop;
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

TEST_CASE("a stable revision that is scaled below its traffic is seen") {
  Shop shop;
  shop.update();
  shop.scale("shop:v1", 2);
  CHECK(shop.saw("is scaled to 2 with 90% of the traffic"));
}

TEST_CASE("a canary that is scaled away under its traffic is seen") {
  Shop shop;
  shop.update();
  shop.scale("shop:v2", 0);
  CHECK(shop.saw("is scaled to 0 with 10% of the traffic"));
}

TEST_CASE("a weight that stays where the pods have gone is seen") {
  Shop shop;
  shop.update();
  shop.world.kubelet->available_max["shop:v2"] = 0;
  shop.world.kubelet->tick();
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
  shop.watch.look();
  CHECK(shop.saw("canary weight stays at 10 without a canary pod"));
}

TEST_CASE("a weight that no step has earned is seen") {
  Shop shop;
  shop.update();
  shop.weigh(50, 50);
  CHECK(shop.saw("gets 50% with 1 steps earned, which ask for 10% at most"));
}

TEST_CASE("a pause that nobody ended, and that has no end, is not over") {
  Shop shop;
  shop.update();
  shop.world.clock.advance(std::chrono::hours(1));
  shop.write_status({{"currentStepIndex", 2}});
  CHECK(shop.saw("step 2 is reached, but only 1 are earned"));
}

TEST_CASE("a pause that somebody ended is over, and no other step is") {
  Shop shop;
  shop.update();
  shop.world.promote();
  shop.write_status({{"currentStepIndex", 2}});
  CHECK(shop.watch.violations().empty());
  shop.write_status({{"currentStepIndex", 3}});
  CHECK(shop.saw("step 3 is reached, but only 2 are earned"));
}

TEST_CASE("a weight step ends when pods, route and gateway say so") {
  Shop shop;
  shop.update();
  shop.world.promote();
  shop.scale("shop:v2", 2);
  shop.world.kubelet->tick();
  shop.world.kubelet->tick();
  shop.weigh(50, 50);
  CHECK(shop.watch.violations().empty());
  SECTION("but not before the gateway") {
    shop.write_status({{"currentStepIndex", 3}});
    CHECK(shop.saw("step 3 is reached, but only 2 are earned"));
  }
  SECTION("and a pause with an end lasts from then on") {
    shop.world.gateway->tick();
    shop.write_status({{"currentStepIndex", 3}});
    CHECK(shop.watch.violations().empty());
    shop.world.clock.advance(std::chrono::seconds(4));
    shop.write_status({{"currentStepIndex", 4}});
    CHECK(shop.saw("step 4 is reached, but only 3 are earned"));
  }
  SECTION("and the pause is over after its time, but the analysis needs its run") {
    shop.world.gateway->tick();
    shop.write_status({{"currentStepIndex", 3}});
    shop.world.clock.advance(std::chrono::seconds(5));
    shop.write_status({{"currentStepIndex", 4}});
    CHECK(shop.watch.violations().empty());
    shop.write_status({{"currentStepIndex", 5}});
    CHECK(shop.saw("step 5 is reached, but only 4 are earned"));
  }
}

TEST_CASE("traffic for more than the pods can take is seen") {
  Shop shop;
  shop.update();
  shop.world.promote();
  shop.weigh(50, 50);
  CHECK(shop.saw("gets 50% with 1 of 2 pods"));
}

TEST_CASE("a promotion that nothing has earned is seen") {
  Shop shop;
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
  Shop shop;
  shop.update();
  shop.judge_bad(shop.world.hash("shop:v2"));
  shop.write_status({{"stableRS", shop.world.hash("shop:v2")}});
  CHECK(shop.saw("becomes stable, a revision that is bad"));
}

TEST_CASE("a verdict that nobody heeds is seen") {
  Shop shop;
  shop.update();
  shop.judge_bad(shop.world.hash("shop:v2"));
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
  shop.watch.look();
  CHECK(shop.saw("was judged bad or aborted, and keeps 10% of the traffic"));
}

TEST_CASE("an abort that nobody heeds is seen") {
  Shop shop;
  shop.update();
  shop.world.abort();
  shop.watch.look();
  shop.watch.look();
  CHECK(shop.saw("was judged bad or aborted, and keeps 10% of the traffic"));
}

TEST_CASE("traffic that a bad revision gets again is seen") {
  Shop shop;
  shop.update();
  shop.world.abort();
  shop.weigh(100, 0);
  shop.world.clock.advance(std::chrono::seconds(1));
  shop.weigh(99, 1);
  CHECK(shop.saw("which is bad or not the present revision, gets 1% instead of 0%"));
}

TEST_CASE("pods that a bad revision gets are seen") {
  Shop shop;
  shop.update();
  shop.world.abort();
  shop.world.clock.advance(std::chrono::seconds(1));
  shop.scale("shop:v2", 3);
  CHECK(shop.saw("which is bad or not the present revision, is scaled to 3"));
}

TEST_CASE("an abort without a reason is seen") {
  Shop shop;
  shop.update();
  shop.write_status({{"abort", true}});
  CHECK(shop.saw("an abort without a reason"));
}

TEST_CASE("a verdict on a revision without traffic is heeded") {
  Shop shop;
  shop.update();
  shop.judge_bad("another");
  shop.watch.look();
  shop.watch.look();
  CHECK(shop.watch.violations().empty());
}
