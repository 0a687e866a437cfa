// A golden record of the planner: seeded stories whose every plan (actions, status, what is told,
// when it looks again) is folded into one hash a seed. A restructuring leaves golden.txt as it is.
//
// SLUICE_GOLDEN=record writes golden.txt anew, where behaviour was changed on purpose.
// SLUICE_GOLDEN=SEED prints the whole trace of a seed: compare it before and after.

#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "tests/engine/world.h"
#include "tests/fakes/dice.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr uint32_t kStories = 150;
constexpr int kEvents = 120;
constexpr const char* kHead =
    "# One hash of all plans a seed: see golden_test.cc. SLUICE_GOLDEN=record makes it anew.\n";

/// The status as the API that Sluice shares knows it: fields of ours are no part of the record, nor
/// are the sentence for people and the durations, which decide nothing.
Json shared_fields(const crds::RolloutStatus& status) {
  Json out = crds::encode_rollout_status(status);
  for (const char* ours : {"mostAvailableReplicas", "waitingFor", "progress", "routings",
                           "formerWeight", "message", "duration"})
    out.erase(ours);
  return out;
}

class Trace {
 public:
  void add(const Plan& plan) {
    for (const Action& action : plan.actions) line(to_string(action));
    line(shared_fields(plan.status).dump());
    for (const Reason& reason : plan.reasons) line(reason.code + ": " + reason.message);
    if (plan.wake_after) line(fmt::format("wake after {} ns", plan.wake_after->count()));
  }

  void line(const std::string& text) { text_ += text + '\n'; }

  const std::string& text() const { return text_; }

  /// FNV-1a.
  std::string hash() const {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text_) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return fmt::format("{:016x}", hash);
  }

 private:
  std::string text_;
};

crds::Step header_route() {
  return crds::SetHeaderRouteStep{"testers", {{"x-tester", {.exact = "yes"}}}};
}

std::vector<crds::Step> steps_of(Dice& dice) {
  std::vector<crds::Step> steps;
  if (dice.chance(20)) steps.push_back(crds::SetCanaryScaleStep{.replicas = dice.roll(3)});
  if (dice.chance(20)) steps.push_back(header_route());
  for (const int weight : {10, 30, 60, 100}) {
    steps.push_back(set_weight(weight));
    if (dice.chance(40)) steps.push_back(pause_step());
    if (dice.chance(40)) steps.push_back(pause_step(std::chrono::seconds(1 + dice.roll(20))));
    if (dice.chance(25)) steps.push_back(analysis());
    if (dice.chance(10)) steps.push_back(crds::SetCanaryScaleStep{.match_traffic_weight = true});
  }
  if (dice.chance(10)) steps.clear();
  return steps;
}

void vary_spec(World& world, Dice& dice, bool routed) {
  crds::CanaryStrategy& canary = world.canary();
  crds::RolloutSpec& spec = world.rollout().spec;
  canary.dynamic_stable_scale = routed && dice.chance(30);
  if (routed) canary.traffic_routing->managed_routes = {"testers"};
  if (dice.chance(30)) canary.scale_down_delay_seconds = dice.roll(20);
  if (dice.chance(30)) canary.abort_scale_down_delay_seconds = dice.roll(3) * 10;
  if (dice.chance(20)) canary.scale_down_delay_revision_limit = dice.roll(2);
  if (dice.chance(20)) canary.min_pods_per_replica_set = 2;
  if (dice.chance(20)) canary.max_surge = crds::IntOrPercent{dice.roll(3), false};
  if (dice.chance(20)) canary.max_unavailable = crds::IntOrPercent{dice.roll(3), false};
  if (dice.chance(30)) {
    canary.analysis =
        crds::BackgroundAnalysis{std::get<crds::AnalysisStep>(analysis()).analysis, dice.roll(3)};
  }
  if (dice.chance(40)) spec.progress_deadline_seconds = 5 + dice.roll(60);
  spec.progress_deadline_abort = dice.chance(40);
  if (dice.chance(20)) spec.rollback_window_revisions = 1 + dice.roll(2);
  if (dice.chance(30)) spec.revision_history_limit = dice.roll(3);
}

void flap(World& world, Dice& dice) {
  for (ReplicaSet& replica_set : world.snapshot.replica_sets) {
    if (!dice.chance(40)) continue;
    replica_set.available_replicas = dice.roll(replica_set.spec_replicas + 1);
    replica_set.ready_replicas = replica_set.available_replicas;
  }
}

void person_acts(World& world, Dice& dice) {
  switch (dice.roll(8)) {
    case 0:
      return world.abort();
    case 1:
      return world.retry();
    case 2:
      if (dice.chance(20)) world.promote_full();
      return;
    case 3:
      world.rollout().spec.paused = dice.chance(30);
      return;
    case 4: {
      const std::string image = fmt::format("v{}", 1 + dice.roll(5));
      if (world.find_image(image) == nullptr || dice.chance(50)) return;
      world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] =
          world.hash(image);
      return world.release(image);
    }
    default:
      return world.promote();
  }
}

void something_breaks(World& world, Dice& dice) {
  switch (dice.roll(6)) {
    case 0:
      return flap(world, dice);
    case 1:
      world.routers_stuck = dice.chance(50);
      return;
    case 2:
      if (dice.chance(50)) world.broken_images.insert(fmt::format("v{}", 1 + dice.roll(5)));
      return;
    case 3:
      return world.broken_images.clear();
    case 4:
      world.snapshot.problems.clear();
      if (dice.chance(30)) world.snapshot.problems.push_back({"spec.strategy", "is wrong"});
      return;
    case 5:
      world.rollout().spec.replicas = 1 + dice.roll(12);
      return;
  }
}

void happen(World& world, Dice& dice) {
  switch (dice.roll(8)) {
    case 0:
      return world.release(fmt::format("v{}", 1 + dice.roll(5)));
    case 1:
      return something_breaks(world, dice);
    case 2:
      return world.advance(std::chrono::seconds(dice.roll(40)));
    case 3:
      world.next_verdict = dice.chance(70)   ? crds::AnalysisPhase::Successful
                           : dice.chance(60) ? crds::AnalysisPhase::Failed
                                             : crds::AnalysisPhase::Inconclusive;
      return;
    default:
      return person_acts(world, dice);
  }
}

Trace tell(uint32_t seed) {
  Dice dice(seed);
  Trace trace;
  const bool routed = dice.chance(70);
  World world({.replicas = 1 + dice.roll(10),
               .routed = routed,
               .router = dice.chance(50) ? RouterState::Verified : RouterState::Unsupported,
               .steps = steps_of(dice)});
  vary_spec(world, dice, routed);
  world.judges = false;
  world.on_plan = [&](const Plan& plan) { trace.add(plan); };
  for (int i = 0; i < kEvents; ++i) {
    if (i > 10 && dice.chance(60)) happen(world, dice);
    world.dies_at_write =
        dice.chance(5) ? world.writes + static_cast<size_t>(dice.roll(6)) : kNever;
    trace.line(format_time(world.snapshot.now));
    world.reconcile();
    if (dice.chance(80)) world.tick();
  }
  return trace;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("what is planned is what the golden record says") {
  const char* asked = std::getenv("SLUICE_GOLDEN");
  const std::string mode = asked == nullptr ? "" : asked;
  if (!mode.empty() && mode != "record") {
    std::cout << tell(static_cast<uint32_t>(std::stoul(mode))).text();
    return;
  }
  std::string made = kHead;
  for (uint32_t seed = 1; seed <= kStories; ++seed)
    made += fmt::format("{} {}\n", seed, tell(seed).hash());
  if (mode == "record") std::ofstream(SLUICE_GOLDEN_FILE) << made;
  const std::string known = read_file(SLUICE_GOLDEN_FILE);
  INFO("SLUICE_GOLDEN=SEED prints what a seed does");
  CHECK(made == known);
}
