// What Sluice makes of a Rollout whose status, or whose stable ReplicaSet, is gone: from a backup,
// or by a person's hand. Nothing goes to a revision that nobody has let through.

#include "core/pod_defaults.h"
#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

World half_way(bool routed) {
  World world = deployed(routed);
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  return world;
}

World before_the_switch() {
  World world = blue_green({.auto_promotion_enabled = false});
  world.release("v2");
  world.settle();
  return world;
}

World with_a_small_preview() {
  World world = blue_green({.preview_replica_count = 1, .auto_promotion_enabled = false});
  world.release("v2");
  world.settle();
  return world;
}

void lose(World& world, const std::string& hash) {
  std::erase_if(world.snapshot.replica_sets,
                [&](const ReplicaSet& replica_set) { return replica_set.hash() == hash; });
}

/// As another engine leaves the ReplicaSets.
void forget_promotions(World& world) {
  for (ReplicaSet& replica_set : world.snapshot.replica_sets)
    replica_set.annotations.erase(std::string(crds::kPromotedAtAnnotation));
}

/// As Services come from Git.
void forget_selectors(World& world) {
  for (auto& [name, service] : world.snapshot.services) {
    service.selector_hash.clear();
    service.managed_by.clear();
  }
}

bool waits_for(const World& world, std::string_view reason) {
  return std::ranges::any_of(world.status().waiting_for,
                             [&](const crds::Wait& wait) { return wait.reason == reason; });
}

/// What is said of a stable revision that is gone; "" where nothing is.
std::string said_of_loss(const World& world) {
  for (const crds::Wait& wait : world.status().waiting_for)
    if (wait.message.starts_with("the ReplicaSet of the stable revision")) return wait.message;
  return "";
}

int64_t completions(const World& world) {
  return std::ranges::count(world.news, kRolloutCompleted, &Reason::code);
}

}  // namespace

TEST_CASE(
    "an update whose stable ReplicaSet is deleted stays at its gate, and its users have pods") {
  const bool routed = GENERATE(true, false);
  World world = half_way(routed);
  const std::string v1 = world.hash("v1");
  const int64_t completed = completions(world);
  lose(world, v1);
  world.reconcile();
  CHECK(world.outage() == "");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().current_step_index == 3);
  CHECK(world.status().stable_rs == v1);
  CHECK(completions(world) == completed);
  CHECK(said_of_loss(world) ==
        "the ReplicaSet of the stable revision, shop-" + v1 +
            ", is gone; its users have revision 2, which nobody has let through: release the "
            "stable revision again, or promote this one, step by step or with --full");
  CHECK(world.revision("v2").spec_replicas == 10);
  if (routed) CHECK(world.traffic_of(world.hash("v2")) == 100);
  if (routed) CHECK(world.canary_weight() == 30);

  SECTION("whoever promotes step by step has it done in the end") {
    for (int i = 0; i < 3; ++i) {
      world.promote();
      world.settle();
    }
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("the stable revision is released again, and takes its users over with all its pods") {
    world.release("v1");
    world.reconcile();
    world.revision("v1").available_replicas = 9;
    world.reconcile();
    if (routed) CHECK(world.traffic_of(world.hash("v2")) == 100);
    world.settle();
    CHECK(world.status().stable_rs == v1);
    CHECK(world.revision("v1").spec_replicas == 10);
    if (routed) CHECK(world.traffic_of(v1) == 100);
    if (routed) CHECK(world.canary_weight() == 0);
  }
  SECTION("an abort has nowhere to go, and takes no user off the pods that serve") {
    world.abort();
    world.settle();
    world.advance(std::chrono::seconds(60));
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Degraded);
    CHECK(said_of_loss(world).ends_with(
        "release the stable revision again, or retry and then promote --full this one"));
    CHECK(world.revision("v2").spec_replicas == 10);
    if (routed) CHECK(world.traffic_of(world.hash("v2")) == 100);
    world.retry();
    world.settle();
    world.promote_full();
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("a broken spec keeps nobody from their pods") {
    world.snapshot.services["shop-stable"].selector_hash = v1;
    world.snapshot.problems = {{"spec.replicas", "must not be negative"}};
    world.reconcile();
    if (routed) CHECK(world.traffic_of(world.hash("v2")) == 100);
  }
  SECTION("its pods all die") {
    world.broken_images = {"v2"};
    world.tick();
    world.reconcile();
    CHECK(said_of_loss(world).find("revision 2 has no pod for its users, either") !=
          std::string::npos);
  }
}

TEST_CASE("who has a lost stable revision's users grows for them, also under a broken spec") {
  const std::string strategy = GENERATE("routed", "basic", "blue-green");
  const bool aborted = GENERATE(false, true);
  CAPTURE(strategy, aborted);
  World world = strategy == "blue-green" ? with_a_small_preview() : half_way(strategy == "routed");
  const int32_t all = *world.rollout().spec.replicas;
  REQUIRE(world.revision("v2").spec_replicas < all);
  world.snapshot.problems = {{"spec.template", "must be complete"}};
  lose(world, world.hash("v1"));
  if (aborted) world.abort();
  world.settle();
  CHECK(world.revision("v2").spec_replicas == all);
  CHECK(world.status().message.starts_with("InvalidSpec"));
  CHECK(world.reconcile().actions.empty());
}

TEST_CASE("from a stable revision that is lost a rollback returns to the one promoted before it") {
  const bool routed = GENERATE(true, false);
  World world = deployed(routed);
  world.release("v2");
  world.settle();
  world.promote_full();
  world.settle();
  world.advance(std::chrono::seconds(60));
  world.settle();
  REQUIRE(world.status().stable_rs == world.hash("v2"));
  world.release("v3");
  world.settle();
  lose(world, world.hash("v2"));
  world.settle();
  if (GENERATE(false, true)) world.abort();
  world.settle();
  world.release("v1");
  world.rollout().meta.annotations["sluice.dev/rollback-to"] = world.hash("v1");
  world.settle();
  CHECK(world.outage() == "");
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.revision("v1").spec_replicas == 10);
  if (routed) CHECK(world.traffic_of(world.hash("v1")) == 100);
}

TEST_CASE("a third revision is tried against the one that has a lost one's users") {
  const bool routed = GENERATE(true, false);
  World world = half_way(routed);
  const int64_t completed = completions(world);
  lose(world, world.hash("v1"));
  // The release may come before anybody has looked.
  if (GENERATE(true, false)) world.settle();
  const std::string v2 = world.hash("v2");
  world.release("v3");
  world.settle();
  CHECK(world.was_told(kStableRevisionFound));
  CHECK(completions(world) == completed);
  CHECK(world.status().stable_rs == v2);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.revision("v2").spec_replicas == (routed ? 10 : 9));
  CHECK(world.revision("v3").spec_replicas == 1);
  if (routed) CHECK(world.traffic_of(v2) == 90);
  if (routed) CHECK(world.traffic_of(world.hash("v3")) == 10);
  world.abort();
  world.settle();
  CHECK(world.revision("v2").spec_replicas == 10);
  if (routed) CHECK(world.traffic_of(v2) == 100);
}

TEST_CASE("a revision that was promoted, and whose pods stand by, stands in for a lost one") {
  World world = blue_green({.auto_promotion_enabled = false, .scale_down_delay_seconds = 600});
  const std::string v1 = world.hash("v1");
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  world.release("v3");
  world.settle();
  lose(world, world.hash("v2"));
  world.settle();
  CHECK(world.status().stable_rs == v1);
  CHECK(world.snapshot.services.at("shop-active").selector_hash == v1);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("a blue-green update whose stable ReplicaSet is deleted waits for its switch") {
  World world = before_the_switch();
  const std::string v1 = world.hash("v1");
  if (GENERATE(false, true)) {
    world.blue_green().preview_replica_count = 1;
    world.settle();
  }
  lose(world, v1);
  world.reconcile();
  CHECK(world.outage() == "");
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().stable_rs == v1);
  CHECK(waits_for(world, kStableLacksCapacity));
  CHECK_FALSE(world.status().blue_green.scale_up_preview_check_point);
  CHECK(world.snapshot.services.at("shop-active").selector_hash == world.hash("v2"));
  CHECK(world.status().available_replicas == 3);  // Of what the users have.
  SECTION("which a person promotes") {
    world.promote();
    world.settle();
    CHECK(world.status().stable_rs == world.hash("v2"));
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("which is aborted") {
    world.abort();
    world.settle();
    world.advance(std::chrono::seconds(60));
    world.settle();
    CHECK(world.outage() == "");
    CHECK(world.revision("v2").spec_replicas == 3);
  }
  SECTION("or the stable revision is released again") {
    world.release("v1");
    world.reconcile();
    world.revision("v1").available_replicas = 1;
    world.reconcile();
    CHECK(world.snapshot.services.at("shop-active").selector_hash == world.hash("v2"));
    world.settle();
    CHECK(world.snapshot.services.at("shop-active").selector_hash == v1);
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
}

TEST_CASE("who has a lost one's users keeps its pods when it is released after the lost one") {
  const bool blue_green = GENERATE(false, true);
  World world = blue_green ? with_a_small_preview() : half_way(true);
  const int32_t all = *world.rollout().spec.replicas;
  lose(world, world.hash("v1"));
  world.settle();
  world.broken_images = {"v1"};
  world.release("v1");
  world.settle();
  world.release("v2");
  world.settle();
  CHECK(world.outage() == "");
  CHECK(world.revision("v2").spec_replicas == all);
}

TEST_CASE("a preview has the pods that it is to be looked at with, also where it has the users") {
  World world = blue_green({.preview_replica_count = 5});
  world.release("v2");
  world.reconcile();
  lose(world, world.hash("v1"));
  world.reconcile();
  CHECK(world.revision("v2").spec_replicas == 5);
}

TEST_CASE("a lost stable revision that is released with all defaults filled in is the same one") {
  World world = half_way(GENERATE(true, false));
  const std::string v1 = world.hash("v1");
  Json defaulted = *parse_json(*world.revision("v1").pod_template);
  core::apply_defaults(defaulted, core::find_shape("PodTemplateSpec"));
  defaulted["metadata"]["labels"].erase(std::string(crds::kPodTemplateHashLabel));
  lose(world, v1);
  world.settle();
  world.rollout().spec.pod_template = make_json_text(dump_json(defaulted));
  world.settle();
  CHECK(world.status().current_pod_hash == v1);
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("a release after the only revision was deleted is a first one") {
  World world = deployed(GENERATE(true, false));
  lose(world, world.hash("v1"));
  world.release("v2");
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
}

TEST_CASE("a canary that comes back from a backup without its status is still a canary") {
  const bool routed = GENERATE(true, false);
  World world = half_way(routed);
  forget_promotions(world);
  if (GENERATE(false, true)) forget_selectors(world);
  const bool other_template = GENERATE(false, true);
  if (other_template) world.release("v3");
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().current_step_index == 1);
  CHECK(world.was_told(kStableRevisionFound));
  if (routed) CHECK(world.canary_weight() == 10);
  CHECK(world.revision(other_template ? "v3" : "v2").spec_replicas == 1);
}

TEST_CASE("a blue-green update that comes back without its status waits before the switch") {
  World world = before_the_switch();
  forget_promotions(world);
  if (GENERATE(false, true)) forget_selectors(world);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.snapshot.services.at("shop-active").selector_hash == world.hash("v1"));
  CHECK(world.snapshot.services.at("shop-preview").selector_hash == world.hash("v2"));
}

TEST_CASE("a blue-green Rollout that comes back after its switch goes nowhere") {
  World world = before_the_switch();
  world.promote();
  for (int i = 0; i < 10; ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(world.status().stable_rs == world.hash("v2"));
  REQUIRE(world.revision("v1").spec_replicas > 0);
  forget_promotions(world);
  if (GENERATE(false, true)) forget_selectors(world);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v2"));
  CHECK(world.snapshot.services.at("shop-active").selector_hash == world.hash("v2"));
}

TEST_CASE("a Rollout at rest that comes back without its status is at rest") {
  World world = deployed(GENERATE(true, false));
  forget_promotions(world);
  if (GENERATE(false, true)) forget_selectors(world);
  world.rollout().status = {};
  world.settle();
  CHECK(world.status().stable_rs == world.hash("v1"));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.snapshot.replica_sets.size() == 1);
}

TEST_CASE("a stable revision whose pods are all dead is the stable one of a lost status, too") {
  World world = half_way(true);
  forget_promotions(world);
  world.broken_images = {"v1"};
  world.tick();
  world.rollout().status = {};
  world.reconcile();
  CHECK(world.status().stable_rs == world.hash("v1"));
}
