#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

constexpr int kChaosSeconds = 180;
constexpr int kEventPercent = 25;  // In each second.
/// What failed is tried again after 10 s at the latest.
constexpr int64_t kRecovery = 15;
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

Tally& Tally::operator+=(const Tally& other) {
  bad_verdicts += other.bad_verdicts;
  deaths += other.deaths;
  promotions += other.promotions;
  seconds += other.seconds;
  watched_seconds += other.watched_seconds;
  return *this;
}

Simulation::Simulation(uint32_t seed)
    : seed_(seed), dice_(seed), world_(seed), setting_(draw_setting(dice_)) {
  world_.success_rate = [this](const std::string& hash) { return rate_of(hash); };
}

bool Simulation::run() {
  if (!deploy()) {
    wrong_ = "the first revision does not get healthy";
    return false;
  }
  for (int i = 0; i < kChaosSeconds && wrong_.empty(); ++i) {
    if (dice_.chance(kEventPercent)) happen();
    tick();
  }
  heal();
  const bool well = wrong_.empty() && comes_to_rest() && ends_healthy() && is_tidy();
  for (const auto& watch : watches_) tally_.bad_verdicts += watch->verdicts();
  return well;
}

bool Simulation::deploy() {
  for (const Json& manifest : manifests_of(setting_, dice_)) world_.create(manifest);
  scene_ = std::make_unique<Scene>(world_);
  world_.start_controller();
  const std::vector<Role> roles = roles_of(setting_);
  const bool healthy = world_.run_until([&] {
    return std::ranges::all_of(
        roles, [&](const Role& role) { return RolloutView(*scene_, role).phase() == "Healthy"; });
  });
  if (!healthy) return false;
  for (const Role& role : roles) watches_.push_back(std::make_unique<SafetyWatch>(*scene_, role));
  scene_->listen([this](const local::Change& change) { on_change(change); });
  if (setting_.has_rival) world_.create(rival_of(setting_, dice_));
  say("deployed with " + to_string(setting_));
  return true;
}

Result<double> Simulation::rate_of(const std::string& hash) const {
  for (const auto& [image, rate] : rates_) {
    const bool meant = std::ranges::any_of(
        watches_, [&](const auto& watch) { return watch->view().hash_of(image) == hash; });
    if (!meant) continue;
    if (rate < 0) return fail(unavailable("the source is down"));
    return rate;
  }
  return 1.0;
}

void Simulation::on_change(const local::Change& change) {
  const std::string& kind = change.resource->kind;
  const std::string& name = change.after->meta.name;
  if (kind == "Rollout") {
    const std::string stable = string_at(scene_->find(kind, name), "status.stableRS");
    if (stable != string_at(scene_->before(), "status.stableRS")) {
      ++tally_.promotions;
      say(name + ": stable is " + stable);
    }
  }
  if (kind != "AnalysisRun" || !change.before) return;
  const std::string phase = string_at(scene_->find(kind, name), "status.phase");
  if (phase == string_at(scene_->before(), "status.phase")) return;
  say(name + " is " + phase);
  if (!dies_with_verdict_ || phase != "Failed") return;
  say("the process dies with a bad verdict");
  dies_with_verdict_ = false;
  world_.store->die_at_write(world_.store->writes() + 1);
}

void Simulation::tick() {
  if (now_ >= faults_until_) world_.store->set_rates({});
  const controller::test::FaultRates& rates = world_.store->rates();
  const bool failing = rates.fail_before + rates.fail_after + rates.conflict > 0;
  if (rates.blurs_the_view()) blur_until_ = now_ + kRecovery;
  if (failing || rates.blurs_the_view()) trouble_until_ = now_ + kRecovery;
  const SafetyWatch::Mode mode{.can_act = now_ >= trouble_until_, .can_know = now_ >= blur_until_};
  for (const auto& watch : watches_) watch->set_mode(mode);
  const int processes = world_.processes();
  world_.tick();
  ++now_;
  ++tally_.seconds;
  const bool died = world_.processes() != processes;
  if (died) {
    ++tally_.deaths;
    say("the next process starts");
  }
  if (!died && mode.can_act && mode.can_know) ++tally_.watched_seconds;
  for (const auto& watch : watches_) {
    if (died)
      watch->look_away();
    else
      watch->look();
    tell_traffic(watch->view());
    if (!watch->violations().empty()) expect(false, watch->violations().front());
  }
}

void Simulation::tell_traffic(const RolloutView& view) {
  const std::string& name = view.role().rollout;
  if (const int64_t weight = view.canary_weight(); weight != weights_[name]) {
    weights_[name] = weight;
    say(fmt::format("{}: canary weight is {}", name, weight));
  }
  if (!view.is_blue_green()) return;
  const std::string hash = view.selected_by(view.serving_service());
  if (hash == selected_[name]) return;
  selected_[name] = hash;
  say(fmt::format("{}: users have {}", name, hash));
}

void Simulation::heal() {
  say("everything heals");
  dies_with_verdict_ = false;
  world_.store->let_precede({});
  world_.gateway->stuck = false;
  world_.kubelet->available_max.clear();
  rates_.clear();
  for (const auto& watch : watches_) {
    const RolloutView& view = watch->view();
    if (bool_at(view.rollout(), "spec.paused")) patch_spec(view, {{"paused", nullptr}});
    if (view.is_blue_green() &&
        string_at(view.blue_green(), "previewService") != view.role().preview_service)
      rename_preview(view, view.role().preview_service);
    if (!view.is_blue_green() &&
        string_at(view.canary(), "canaryService") != view.role().canary_service)
      name_canary_service(view, view.role().canary_service);
  }
  // The API last: whoever stumbles over its last fault is not woken by anything else.
  world_.store->set_rates({});
  if (dice_.chance(30)) {
    world_.store->set_rates({.fail_before = 20, .fail_after = 10, .conflict = 30});
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
  if (view.is_blue_green()) {
    const Json* pauses = find_path(view.rollout(), "status.pauseConditions");
    const bool asks = pauses != nullptr && !pauses->empty() &&
                      string_at(pauses->front(), "reason") == "InconclusiveAnalysisRun";
    return asks || int_at(view.blue_green(), "autoPromotionSeconds") == 0;
  }
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
    for (const auto& watch : watches_) {
      resting = resting && is_at_rest(watch->view());
      phases += watch->view().phase() + " ";
    }
    still = resting && phases == last ? still + 1 : 0;
    last = phases;
    tick();
  }
  expect(still >= kStillSeconds, "the rollout does not come to rest");
  for (const auto& watch : watches_) {
    const RolloutView& view = watch->view();
    const std::string message = string_at(view.rollout(), "status.message");
    expect(view.phase() == "Healthy" || !message.empty(), "the rollout does not say why it rests");
    say(fmt::format("{} rests: {} {}", view.role().rollout, view.phase(), message));
  }
  return wrong_.empty();
}

bool Simulation::all_healthy() const {
  return std::ranges::all_of(watches_,
                             [](const auto& watch) { return watch->view().phase() == "Healthy"; });
}

bool Simulation::ends_healthy() {
  const auto rests = [](const auto& watch) {
    return watch->view().phase() == "Paused" || watch->view().phase() == "Healthy";
  };
  for (int i = 0; i < kAnswersMax && !all_healthy() && wrong_.empty(); ++i) {
    for (const auto& watch : watches_) {
      if (bool_at(watch->view().rollout(), "status.abort")) {
        say("retry " + watch->view().role().rollout);
        patch_status(watch->view(), {{"abort", false}});
      } else {
        promote(watch->view());
      }
    }
    for (int second = 0; second < kAnswerSeconds; ++second) {
      tick();
      if (second >= kRecovery && std::ranges::all_of(watches_, rests)) break;
    }
  }
  expect(all_healthy(), "the rollout does not get healthy");
  return wrong_.empty();
}

bool Simulation::is_tidy() {
  for (int i = 0; i < kStillSeconds; ++i) tick();
  for (const auto& watch : watches_) expect_tidy(watch->view());
  expect_silence();
  if (setting_.has_rival) expect_refused_rival();
  return wrong_.empty();
}

/// Nothing is written while nothing changes.
void Simulation::expect_silence() {
  const size_t writes = world_.store->writes();
  for (int i = 0; i < kSilentSeconds; ++i) tick();
  expect(world_.store->writes() == writes, "something is written while nothing changes");
}

void Simulation::expect_refused_rival() {
  Role role = watches_.front()->view().role();
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

void Simulation::expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what;
}

void Simulation::say(std::string what) {
  trace_.push_back(fmt::format("{:4}  {}", now_, std::move(what)));
}

std::string Simulation::report() {
  std::string text = fmt::format("SLUICE_SIM_SEED={}: {}\n{}\n", seed_,
                                 wrong_.empty() ? "all is well" : wrong_, world_.reasons());
  for (const std::string& line : trace_) text += line + "\n";
  for (const auto& watch : watches_)
    for (const std::string& violation : watch->violations())
      text += "violation: " + violation + "\n";
  return text;
}

}  // namespace sluice::sim
