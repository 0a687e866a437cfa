// What holds of every plan, whatever the spec and whatever happened: of canary and of blue-green.

#include "tests/engine/blue_green_world.h"
#include "tests/engine/shuffled_world.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr uint32_t kStories = 60 / SLUICE_STORY_SHARE;
constexpr int kEvents = 60;
/// So many plans in one moment must be enough to do all that is to be done in it.
constexpr int kPlansMax = 12;
constexpr int64_t kTotal = 100;

uint32_t first_seed() {
  const char* given = std::getenv("SLUICE_SEED");
  return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : 1;
}

/// Tells stories of either strategy, and calls `each(world, dice)` after each event.
template <typename Each>
void tell_stories(Each each) {
  for (uint32_t seed = first_seed(); seed < first_seed() + kStories; ++seed) {
    for (const bool blue_green : {false, true}) {
      INFO("SLUICE_SEED=" << seed << (blue_green ? " blue-green" : " canary"));
      Dice dice(seed);
      World world = blue_green ? shuffled_blue_green(dice) : shuffled_canary(dice);
      for (int i = 0; i < kEvents; ++i) {
        shuffle_event(world, dice);
        each(world, dice);
        world.reconcile();
        if (dice.chance(70)) world.tick();
      }
    }
  }
}

std::vector<std::string> texts_of(const std::vector<Action>& actions) {
  std::vector<std::string> texts;
  for (const Action& action : actions) texts.push_back(to_string(action));
  return texts;
}

/// The canary's, by the routers that have confirmed what they hold last; all, where that is
/// unknown.
class WeightInForce {
 public:
  explicit WeightInForce(const World& world) { look(world); }

  void look(const World& world) {
    const auto& routers = world.snapshot.routers;
    if (!routers.empty() && routers.front().state != RouterState::Pending)
      weight_ = world.canary_weight();
  }

  int64_t weight() const { return weight_; }

 private:
  int64_t weight_ = kTotal;
};

int64_t rounded_up_share(int64_t replicas, int64_t weight) {
  return (replicas * weight + kTotal - 1) / kTotal;
}

void check_weights(const World& world, const Plan& made) {
  for (const Action& action : made.actions) {
    const auto* traffic = std::get_if<SetTraffic>(&action);
    if (traffic == nullptr) continue;
    INFO(to_string(action));
    const int64_t canary = traffic->routes.canary().weight;
    REQUIRE(canary + traffic->routes.stable().weight == traffic->routes.total);
    REQUIRE(canary >= 0);
    if (canary > 0) REQUIRE(world.serving_behind("shop-canary") > 0);
  }
}

/// Who has the users keeps the pods that these need.
void check_sizes(const World& world, const Plan& made, const WeightInForce& in_force) {
  const auto& services = world.snapshot.services;
  const bool blue_green = services.contains("shop-active");
  if (!blue_green && world.snapshot.routers.empty()) return;
  const std::string& has_users =
      services.at(blue_green ? "shop-active" : "shop-stable").selector_hash;
  const int64_t share =
      blue_green ? kTotal : kTotal - std::min(world.canary_weight(), in_force.weight());
  const int64_t needed = rounded_up_share(*world.snapshot.rollout.spec.replicas, share);
  for (const Action& action : made.actions) {
    const auto* patch = std::get_if<PatchReplicaSet>(&action);
    if (patch == nullptr || !patch->scale || !patch->name.ends_with(has_users)) continue;
    INFO(to_string(action));
    REQUIRE(patch->scale->to >= needed);
  }
}

/// Everything works but what somebody holds, and the controller has seen the present spec.
World healed(World world) {
  world.on_plan = {};
  world.routers_stuck = false;
  world.next_verdict = crds::AnalysisPhase::None;
  world.reconcile();
  world.tick();
  return world;
}

void check_abort(World world) {
  const bool has_way_back = !world.status().stable_rs.empty();
  world.abort();
  world.reconcile();
  const std::string stable = world.status().stable_rs;
  const bool blue_green = world.snapshot.services.contains("shop-active");
  if (blue_green && has_way_back) REQUIRE(active(world) == stable);
  world.settle();
  REQUIRE(world.status().stable_rs == stable);
  REQUIRE(world.outage() == "");
  REQUIRE(world.canary_weight() == 0);
  if (blue_green) REQUIRE(active(world) == stable);
  for (const ReplicaSet& replica_set : world.snapshot.replica_sets)
    if (replica_set.hash() == stable)
      REQUIRE(replica_set.spec_replicas == *world.rollout().spec.replicas);
}

}  // namespace

TEST_CASE("planning twice gives the same plan") {
  tell_stories([](const World& world, Dice&) {
    const Plan first = plan(world.snapshot);
    const Plan second = plan(world.snapshot);
    REQUIRE(texts_of(first.actions) == texts_of(second.actions));
    REQUIRE(first.status == second.status);
    REQUIRE(first.reasons == second.reasons);
    REQUIRE(first.wake_after == second.wake_after);
  });
}

TEST_CASE("what is done is not done again: nothing is written while nothing changes") {
  tell_stories([](World& world, Dice&) {
    for (int i = 0; i < kPlansMax; ++i) {
      const crds::RolloutStatus before = world.status();
      const Plan made = world.reconcile();
      if (made.actions.empty() && made.status == before) return;
    }
    const Plan made = plan(world.snapshot);
    CAPTURE(texts_of(made.actions));
    FAIL("there is always more to write");
  });
}

TEST_CASE("weights sum to the total, and none is where no pod is; who has users keeps their pods") {
  tell_stories([](World& world, Dice&) {
    WeightInForce in_force(world);
    world.on_plan = [&](const Plan& made) {
      in_force.look(world);
      check_weights(world, made);
      check_sizes(world, made, in_force);
    };
    for (int i = 0; i < 3; ++i) world.reconcile();
    world.on_plan = {};
  });
}

TEST_CASE("an abort from wherever the update is brings all to the stable revision") {
  tell_stories([](World& world, Dice& dice) {
    if (dice.chance(20)) check_abort(healed(world));
  });
}
