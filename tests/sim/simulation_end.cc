// How a simulated life ends: all heals, and nothing is left undone.

#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

/// What failed is tried again after 10 s at the latest.
constexpr int64_t kRest = 15;
/// Longer than any pause, analysis and the progress deadline (600 s) together.
constexpr int kRestSeconds = 1200;
/// The phase must not change for that long to count as rest: longer than any wait between two
/// looks.
constexpr int kStillSeconds = 25;
/// How long the API fails on where all else is well.
constexpr int kLastFaultsSeconds = 10;
/// Longer than any wait between two looks.
constexpr int kSilentSeconds = 12;
constexpr int kAnswersMax = 20;
/// How long an answer may take to lead to the next question.
constexpr int kAnswerSeconds = 60;

}  // namespace

void Simulation::heal_spec(const RolloutView& view) {
  if (bool_at(view.rollout(), "spec.paused")) patch_spec(view, {{"paused", nullptr}});
  if (view.is_blue_green() &&
      string_at(view.blue_green(), "previewService") != view.role().preview_service)
    rename_preview(view, view.role().preview_service);
  if (!view.is_blue_green() &&
      string_at(view.canary(), "canaryService") != view.role().canary_service)
    name_canary_service(view, view.role().canary_service);
}

void Simulation::heal() {
  say("everything heals");
  dies_with_verdict_ = false;
  crew_.let_precede({});
  crew_.heal();
  for (Lost& lost : lost_) lost.until = now_;
  bring_back();
  lift_freezes();
  world_.gateway->stuck = false;
  world_.kubelet->available_max.clear();
  rates_.clear();
  for (const RolloutView* view : views_) heal_spec(*view);
  // The API last: whoever stumbles over its last fault is not woken by anything else.
  crew_.set_rates({});
  if (dice_.chance(30)) {
    crew_.set_rates({.fail_before = 20, .fail_after = 10, .conflict = 30});
    faults_until_ = now_ + kLastFaultsSeconds;
  }
  for (int i = 0; i < kLastFaultsSeconds && wrong_.empty(); ++i) tick();
  say("the API heals");
}

/// A pause with an end is no rest.
bool Simulation::is_at_rest(const RolloutView& view) const {
  const std::string phase = view.phase();
  if (phase == "Healthy" || phase == "Degraded") return true;
  if (phase != "Paused") return false;
  if (situation_of(view).brake == Brake::Question) return true;
  if (view.is_blue_green()) return int_at(view.blue_green(), "autoPromotionSeconds") == 0;
  const auto index = static_cast<size_t>(int_at(view.rollout(), "status.currentStepIndex"));
  if (index >= view.steps().size()) return true;
  return find_path(view.steps()[index], "pause.duration") == nullptr;
}

bool Simulation::comes_to_rest() {
  int still = 0;
  std::string last;
  for (int i = 0; i < kRestSeconds && still < kStillSeconds && wrong_.empty(); ++i) {
    bool resting = true;
    std::string phases;
    for (const RolloutView* view : views_) {
      resting = resting && is_at_rest(*view);
      phases += view->phase() + " ";
    }
    still = resting && phases == last ? still + 1 : 0;
    last = phases;
    tick();
  }
  expect(still >= kStillSeconds, "the rollout does not come to rest");
  for (const RolloutView* view : views_) {
    const std::string message = string_at(view->rollout(), "status.message");
    expect(view->phase() == "Healthy" || !message.empty(), "the rollout does not say why it rests");
    say(fmt::format("{} rests: {} {}", view->role().rollout, view->phase(), message));
  }
  return wrong_.empty();
}

bool Simulation::all_healthy() const {
  return std::ranges::all_of(views_,
                             [](const RolloutView* view) { return view->phase() == "Healthy"; });
}

bool Simulation::ends_healthy() {
  const auto rests = [](const RolloutView* view) {
    return view->phase() == "Paused" || view->phase() == "Healthy";
  };
  for (int i = 0; i < kAnswersMax && !all_healthy() && wrong_.empty(); ++i) {
    for (const RolloutView* view : views_) {
      if (bool_at(view->rollout(), "status.abort")) {
        say("retry " + view->role().rollout);
        patch_status(*view, {{"abort", false}});
      } else {
        promote(*view);
      }
    }
    for (int second = 0; second < kAnswerSeconds; ++second) {
      tick();
      if (second >= kRest && std::ranges::all_of(views_, rests)) break;
    }
  }
  expect(all_healthy(), "the rollout does not get healthy");
  return wrong_.empty();
}

bool Simulation::is_tidy() {
  for (int i = 0; i < kStillSeconds; ++i) tick();
  for (const RolloutView* view : views_) expect_tidy(*view);
  expect_silence();
  if (setting_.has_rival) expect_refused_rival();
  return wrong_.empty();
}

/// Nothing is written while nothing changes.
void Simulation::expect_silence() {
  const size_t writes = crew_.writes();
  for (int i = 0; i < kSilentSeconds; ++i) tick();
  expect(crew_.writes() == writes, "something is written while nothing changes");
}

void Simulation::expect_refused_rival() {
  Role role = views_.front()->role();
  role.rollout = "rival";
  const RolloutView rival(*scene_, role);
  expect(!rival.is_planned(), "a rival for the Services of the shop is not refused");
  const std::string message = string_at(rival.rollout(), "status.message");
  expect(message.find(rival.serving_service()) != std::string::npos,
         "the rival is not told of the Service");
  expect(rival.hash_of("rival:v1").empty(), "the rival has a revision");
}

void Simulation::expect_tidy(const RolloutView& view) {
  const std::string stable = view.stable_hash();
  expect(view.canary_weight() == 0, "weight is left on the canary");
  expect(view.header_routes().empty(), "a header route is left");
  expect(view.former_shares().empty(), "a former route or Service has weight");
  expect(view.former_header_routes().empty(), "a header route is left of a former routing");
  for (const std::string& service : view.former_services())
    expect(view.selected_by(service).empty(), "the former " + service + " is not given back");
  expect(stable == string_at(view.rollout(), "status.currentPodHash"), "the update is not over");
  expect(view.hash_of(view.image()) == stable, "the stable revision is not the one of the spec");
  for (const std::string& service : {view.serving_service(), view.trying_service()})
    expect(service.empty() || view.selected_by(service) == stable,
           service + " selects another revision");
  for (const auto& [name, replica_set] : scene_->all("ReplicaSet")) {
    if (!view.owns(replica_set)) continue;
    const int64_t wanted = hash_label(replica_set) == stable ? view.replicas() : 0;
    expect(int_at(replica_set, "spec.replicas") == wanted, name + " has the wrong size");
  }
}

}  // namespace sluice::sim
