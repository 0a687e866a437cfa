#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::sim {
namespace {

constexpr int kChaosSeconds = 180;
constexpr int kEventPercent = 25;  // In each second.
constexpr int kRevisions = 5;
constexpr double kBadRate = 0.2;
/// What failed is tried again after 10 s at the latest.
constexpr int64_t kRecovery = 15;
/// Longer than any pause, analysis and the progress deadline (600 s) together.
constexpr int kRestSeconds = 1200;
/// The phase must not change for that long to count as rest: longer than any wait between two
/// looks.
constexpr int kStillSeconds = 25;
/// How long the API fails on where all else is well.
constexpr int kLastFaultsSeconds = 20;
constexpr int kAnswersMax = 20;
/// How long an answer may take to lead to the next question.
constexpr int kAnswerSeconds = 60;

}  // namespace

Simulation::Simulation(uint32_t seed) : seed_(seed), dice_(seed), world_(seed) {
  world_.success_rate = [this](const std::string& hash) -> Result<double> {
    const auto found = rates_.find(image_of(hash));
    const double rate = found == rates_.end() ? 1.0 : found->second;
    if (rate < 0) return fail(unavailable("the source is down"));
    return rate;
  };
}

bool Simulation::run() {
  const int replicas = 1 + roll(6);
  world_.apply_shop(replicas, some_steps());
  world_.start_controller();
  if (!world_.run_until_phase("Healthy")) {
    wrong_ = "the first revision does not get healthy";
    return false;
  }
  say(fmt::format("deployed with {} replicas", replicas));
  watch_ = std::make_unique<SafetyWatch>(world_);
  observer_ = world_.registry->observe([this](const local::Change& change) { on_change(change); });
  for (int i = 0; i < kChaosSeconds && wrong_.empty(); ++i) {
    if (chance(kEventPercent)) happen();
    tick();
  }
  heal();
  tally_.bad_verdicts = watch_->verdicts();
  return wrong_.empty() && comes_to_rest() && ends_healthy() && is_tidy();
}

std::string Simulation::report() {
  std::string text = fmt::format("SLUICE_SIM_SEED={}: {}\n{}\n", seed_, wrong_, world_.reasons());
  for (const std::string& line : trace_) text += line + "\n";
  return text;
}

void Simulation::say(std::string what) {
  trace_.push_back(fmt::format("{:4} s  {}", now_, what));
}

std::string Simulation::some_image() {
  return fmt::format("shop:v{}", 1 + roll(kRevisions));
}

std::string Simulation::latest_image() {
  const Json rollout = world_.rollout();
  return string_at(find_path(rollout, "spec.template.spec.containers")->front(), "image");
}

std::string Simulation::image_of(const std::string& hash) const {
  for (int i = 1; i <= kRevisions; ++i) {
    std::string image = fmt::format("shop:v{}", i);
    if (world_.hash(image) == hash) return image;
  }
  return "";
}

Json Simulation::some_steps() {
  namespace shop = controller::test;
  Json steps = Json::array();
  if (chance(20)) steps.push_back({{"setCanaryScale", {{"replicas", 1 + roll(2)}}}});
  for (const int weight : {10, 40, 75}) {
    steps.push_back(shop::weight_step(weight));
    if (chance(60))
      steps.push_back(chance(30) ? shop::pause_step() : shop::pause_step(1 + roll(6)));
    if (chance(60)) steps.push_back(shop::analysis_step());
  }
  if (chance(30)) steps.push_back(shop::weight_step(100));
  return steps;
}

void Simulation::happen() {
  const int event = roll(20);
  if (event < 2) return release();
  if (event < 5) return flap();
  if (event < 8) return change_metrics();
  if (event < 10) return change_faults();
  if (event < 11) return kill();
  if (event < 12) return change_size();
  if (event < 13) return change_gateway();
  if (event < 14) return interfere();
  person_acts();
}

void Simulation::release() {
  const std::string image = some_image();
  if (chance(30)) rates_[image] = kBadRate;
  say(fmt::format("release {} with success rate {}", image,
                  rates_.try_emplace(image, 1.0).first->second));
  world_.release(image);
}

void Simulation::flap() {
  const std::string image = some_image();
  if (chance(50)) {
    world_.kubelet->available_max.erase(image);
    return say("all pods of " + image + " work");
  }
  const int works = roll(3);
  world_.kubelet->available_max[image] = works;
  say(fmt::format("only {} pods of {} work", works, image));
}

void Simulation::change_metrics() {
  const std::string image = chance(60) ? latest_image() : some_image();
  const double values[] = {1.0, 1.0, kBadRate, kBadRate, std::numeric_limits<double>::quiet_NaN(),
                           -1.0};
  rates_[image] = values[roll(static_cast<int>(std::size(values)))];
  say(fmt::format("success rate of {} is {}", image, rates_[image]));
}

void Simulation::change_faults() {
  controller::test::FaultRates rates;
  if (chance(60)) {
    rates = {.fail_before = roll(30), .fail_after = roll(30), .conflict = roll(30)};
    if (chance(50)) rates.delay = roll(50);
    if (chance(50)) rates.drop_watch = roll(20);
    if (chance(30)) rates.expire = roll(10);
  }
  world_.store->set_rates(rates);
  say(fmt::format("faults: before {}, after {}, conflict {}, delay {}, watch {}, history {}",
                  rates.fail_before, rates.fail_after, rates.conflict, rates.delay,
                  rates.drop_watch, rates.expire));
}

void Simulation::kill() {
  if (chance(40)) {
    say("the process dies with the next bad verdict");
    dies_with_verdict_ = true;
    return;
  }
  const auto writes = static_cast<size_t>(1 + roll(4));
  say(fmt::format("the process dies after {} writes", writes));
  world_.store->die_at_write(world_.store->writes() + writes);
}

void Simulation::on_change(const local::Change& change) {
  if (!dies_with_verdict_ || change.resource->kind != "AnalysisRun" || !change.after) return;
  if (string_at(*change.after->parse(), "status.phase") != "Failed") return;
  say("the process dies with a bad verdict");
  dies_with_verdict_ = false;
  world_.store->die_at_write(world_.store->writes() + 1);
}

void Simulation::change_size() {
  if (!chance(50)) return;
  const int replicas = 1 + roll(8);
  say(fmt::format("{} replicas", replicas));
  world_.patch("Rollout", "shop", {{"spec", {{"replicas", replicas}}}});
}

void Simulation::change_gateway() {
  world_.gateway->stuck = chance(40);
  say(world_.gateway->stuck ? "gateway is stuck" : "gateway goes on");
}

void Simulation::interfere() {
  // What follows at once from this is not the controller's doing; the next tick is strict again.
  watch_->set_mode({.can_act = false, .can_know = false});
  if (chance(40)) {
    say("somebody puts the route back");
    Json rules = world_.get("HTTPRoute", "shop")["spec"]["rules"];
    for (Json& backend : rules[0]["backendRefs"])
      backend["weight"] = backend["name"] == "shop-stable" ? 100 : 0;
    world_.patch("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
    return;
  }
  const std::string kind = chance(50) ? "AnalysisRun" : "ReplicaSet";
  const std::string stable = string_at(world_.rollout(), "status.stableRS");
  for (const Json& object : world_.list(kind)) {
    const std::string name = string_at(object, "metadata.name");
    // Without the stable pods nobody could help.
    if (name == "shop-" + stable || name == "shop-" + world_.selected_by("shop-stable")) continue;
    if (!chance(50)) continue;
    say("somebody deletes " + kind + " " + name);
    world_.remove(kind, name);
  }
}

void Simulation::person_acts() {
  switch (roll(8)) {
    case 0:
      say("abort");
      return world_.abort();
    case 1:
      if (!bool_at(world_.rollout(), "status.abort")) return;
      say("retry");
      return world_.retry();
    case 2:
      if (!chance(20)) return;
      say("promote in full");
      world_.patch_status({{"promoteFull", true}});
      return;
    default:
      if (world_.phase() != "Paused") return;
      say("promote");
      return world_.promote();
  }
}

void Simulation::tick() {
  const controller::test::FaultRates& rates = world_.store->rates();
  const bool failing = rates.fail_before + rates.fail_after + rates.conflict > 0;
  if (rates.blurs_the_view()) blur_until_ = now_ + kRecovery;
  if (failing || rates.blurs_the_view()) trouble_until_ = now_ + kRecovery;
  watch_->set_mode({.can_act = now_ >= trouble_until_, .can_know = now_ >= blur_until_});
  const int processes = world_.processes();
  world_.tick();
  ++now_;
  if (const int64_t weight = world_.canary_weight(); weight != weight_) {
    weight_ = weight;
    say(fmt::format("canary weight is {}", weight));
  }
  if (world_.processes() != processes) {
    ++tally_.deaths;
    say("the next process starts");
    watch_->look_away();
  } else {
    watch_->look();
  }
  if (!watch_->violations().empty() && wrong_.empty()) wrong_ = watch_->violations().front();
}

void Simulation::heal() {
  say("everything heals");
  dies_with_verdict_ = false;
  world_.gateway->stuck = false;
  world_.kubelet->available_max.clear();
  rates_.clear();
  // The API last: whoever stumbles over its last fault is not woken by anything else.
  if (chance(50)) world_.store->set_rates({.fail_before = 20, .fail_after = 10, .conflict = 30});
  for (int i = 0; i < kLastFaultsSeconds && wrong_.empty(); ++i) tick();
  say("the API heals");
  world_.store->set_rates({});
}

bool Simulation::comes_to_rest() {
  int still = 0;
  std::string last;
  for (int i = 0; i < kRestSeconds && still < kStillSeconds && wrong_.empty(); ++i) {
    const std::string phase = world_.phase();
    const bool resting = phase == "Healthy" || phase == "Paused" || phase == "Degraded";
    still = resting && phase == last ? still + 1 : 0;
    last = phase;
    tick();
  }
  if (!wrong_.empty()) return false;
  if (still < kStillSeconds)
    wrong_ = "the rollout does not come to rest";
  else if (last != "Healthy" && world_.message().empty())
    wrong_ = "the rollout does not say why it is " + last;
  say("rests: " + last + " " + world_.message());
  return wrong_.empty();
}

bool Simulation::ends_healthy() {
  for (int i = 0; i < kAnswersMax && world_.phase() != "Healthy" && wrong_.empty(); ++i) {
    if (bool_at(world_.rollout(), "status.abort")) {
      say("retry");
      world_.retry();
    } else if (world_.phase() == "Paused") {
      say("promote");
      world_.promote();
    }
    for (int second = 0; second < kAnswerSeconds; ++second) {
      tick();
      if (second >= kRecovery && (world_.phase() == "Paused" || world_.phase() == "Healthy")) break;
    }
  }
  if (wrong_.empty() && world_.phase() != "Healthy") wrong_ = "the rollout does not get healthy";
  return wrong_.empty();
}

bool Simulation::is_tidy() {
  for (int i = 0; i < kStillSeconds; ++i) tick();
  const Json rollout = world_.rollout();
  const std::string stable = string_at(rollout, "status.stableRS");
  const auto expect = [this](bool holds, const char* what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  };
  expect(world_.canary_weight() == 0, "weight is left on the canary");
  expect(stable == string_at(rollout, "status.currentPodHash"), "the update is not over");
  expect(world_.selected_by("shop-stable") == stable,
         "the stable Service selects another revision");
  expect(world_.selected_by("shop-canary") == stable,
         "the canary Service selects another revision");
  for (const Json& replica_set : world_.list("ReplicaSet")) {
    const bool is_stable = string_at(replica_set, "metadata.name") == "shop-" + stable;
    const int64_t wanted = is_stable ? int_at(rollout, "spec.replicas") : 0;
    expect(int_at(replica_set, "spec.replicas") == wanted, "a ReplicaSet has the wrong size");
  }
  return wrong_.empty();
}

}  // namespace sluice::sim
