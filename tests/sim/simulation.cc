#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace sluice::sim {
namespace {

constexpr int kChaosSeconds = 180;
/// In each second.
constexpr int kEventPercent = 25;
constexpr int kFirstHealthMax = 300;
constexpr int kFirstDaysMin = 4;
constexpr int kFirstDaysMax = 20;
/// What failed is tried again after 10 s at the latest.
constexpr int64_t kRecovery = 12;

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  bad_verdicts += other.bad_verdicts;
  deaths += other.deaths;
  promotions += other.promotions;
  terms += other.terms;
  seconds += other.seconds;
  watched_seconds += other.watched_seconds;
  cells += other.cells;
  return *this;
}

Simulation::Simulation(uint32_t seed)
    : seed_(seed),
      dice_(seed),
      world_(seed),
      aim_(Cells::aim_of(seed).first),
      setting_(draw_setting(dice_, Cells::aim_of(seed))),
      crew_(world_, dice_, static_cast<size_t>(setting_.processes)) {
  world_.success_rate = [this](const std::string& hash) {
    const auto rate = rate_of(hash);
    const bool is_good = rate && *rate >= 1.0;
    for (const auto& watch : watches_)
      if (!is_good) watch->hear_bad(hash);
    return rate;
  };
}

bool Simulation::run() {
  try {
    return live();
  } catch (const std::logic_error& endless) {
    expect(false, endless.what());
    return false;
  }
}

bool Simulation::live() {
  if (!deploy()) {
    if (wrong_.empty()) wrong_ = "the first revision does not get healthy";
    return false;
  }
  for (int i = 0; i < kChaosSeconds && wrong_.empty(); ++i) {
    if (!steer() && dice_.chance(kEventPercent)) happen();
    tick();
  }
  heal();
  const bool well = wrong_.empty() && comes_to_rest() && ends_healthy() && is_tidy();
  for (const auto& watch : watches_) tally_.bad_verdicts += watch->verdicts();
  tally_.terms = static_cast<size_t>(crew_.elects() ? crew_.terms() : 0);
  return well;
}

bool Simulation::deploy() {
  manifests_ = manifests_of(setting_, dice_);
  for (const Json& manifest : manifests_) world_.create(manifest);
  scene_ = std::make_unique<Scene>(
      world_, Scene::Seat{[this] { return crew_.is_writing(); }, crew_.clock()});
  for (const Role& role : roles_of(setting_)) {
    newcomers_.push_back(std::make_unique<RolloutView>(*scene_, role));
    views_.push_back(newcomers_.back().get());
  }
  scene_->listen([this](const local::Change& change) { on_change(change); });
  say("deployed with " + to_string(setting_));
  crew_.start();
  if (setting_.has_first_days && !live_first_days()) return false;
  for (int i = 0; i < kFirstHealthMax && !all_healthy(); ++i) tick();
  if (!all_healthy()) return false;
  views_.clear();
  for (const auto& newcomer : newcomers_) {
    watches_.push_back(std::make_unique<SafetyWatch>(*scene_, newcomer->role()));
    views_.push_back(&watches_.back()->view());
  }
  tally_.promotions = 0;
  if (setting_.has_rival) world_.create(rival_of(setting_, dice_));
  return true;
}

bool Simulation::live_first_days() {
  const int seconds = kFirstDaysMin + dice_.roll(kFirstDaysMax - kFirstDaysMin);
  say("pods take their time");
  for (int revision = 1; revision <= kRevisions; ++revision)
    for (const RolloutView* view : views_)
      world_.kubelet->available_max[image_of(view->role(), revision)] = 0;
  for (int i = 0; i < seconds && wrong_.empty(); ++i) {
    if (!steer() && dice_.chance(kEventPercent)) happen();
    for (const auto& newcomer : newcomers_) newcomer->follow_spec();
    tick();
  }
  heal();
  return ends_healthy();
}

void Simulation::mark(const RolloutView& view, Event event) {
  tally_.cells.note(situation_of(view), event);
}

void Simulation::mark_all(Event event) {
  for (const RolloutView* view : views_) mark(*view, event);
}

Result<double> Simulation::rate_of(const std::string& hash) const {
  for (const auto& [image, rate] : rates_) {
    const bool meant = std::ranges::any_of(
        views_, [&](const RolloutView* view) { return view->hash_of(image) == hash; });
    if (!meant) continue;
    if (rate < 0) return fail(unavailable("the source is down"));
    return rate;
  }
  return 1.0;
}

void Simulation::on_change(const local::Change& change) {
  if (tells_writes_) say_write(change);
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
  crew_.die_after(1);
}

/// What the write altered, without what every write does.
void Simulation::say_write(const local::Change& change) {
  const std::string& name = change.after->meta.name;
  const char* who = scene_->is_by_controller() ? "controller" : "others";
  const Json& after = scene_->find(change.resource->kind, name);
  const std::string what = fmt::format("  {}: {} {}", who, change.resource->kind, name);
  if (after.is_null() || scene_->before().is_null())
    return say(what + (after.is_null() ? " is deleted" : " is made"));
  std::string edits;
  for (const Json& edit : Json::diff(scene_->before(), after)) {
    const std::string path = string_at(edit, "path");
    const bool is_noise = path == "/metadata/resourceVersion" || path == "/metadata/generation" ||
                          path.starts_with("/status/conditions");
    if (is_noise) continue;
    const Json* value = find_path(edit, "value");
    edits += fmt::format(" {}={}", path, value == nullptr ? "" : value->dump());
  }
  if (!edits.empty()) say(what + edits);
}

/// While nobody leads nobody acts; who is cut off needs a while to come back.
SafetyWatch::Mode Simulation::mode_now() {
  const controller::test::FaultRates& rates = crew_.rates();
  const bool failing = rates.fail_before + rates.fail_after + rates.conflict > 0;
  if (rates.blurs_the_view() || !crew_.knows()) blur_until_ = now_ + kRecovery;
  if (failing) trouble_until_ = now_ + kRecovery;
  trouble_until_ = std::max(trouble_until_, blur_until_);
  const bool can_act = crew_.acts() && now_ >= trouble_until_;
  return {.can_act = can_act, .can_know = now_ >= blur_until_};
}

void Simulation::tick() {
  if (now_ >= faults_until_) crew_.set_rates({});
  const SafetyWatch::Mode mode = mode_now();
  for (const auto& watch : watches_) watch->set_mode(mode);
  world_.tick();
  crew_.tick();
  ++now_;
  bring_back();
  for (const std::string& news : crew_.take_news()) say(news);
  if (crew_.has_died()) ++tally_.deaths;
  const bool seen = !crew_.has_changed() && crew_.acts();
  if (!watches_.empty()) ++tally_.seconds;
  if (!watches_.empty() && seen && mode.can_act && mode.can_know) ++tally_.watched_seconds;
  for (const auto& watch : watches_) {
    if (seen)
      watch->look();
    else
      watch->look_away();
    tell_traffic(watch->view());
    if (!watch->violations().empty()) expect(false, watch->violations().front());
  }
  if (!crew_.violations().empty()) expect(false, crew_.violations().front());
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

void Simulation::expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what;
}

void Simulation::say(std::string what) {
  trace_.push_back(fmt::format("{:4}  {}", now_, std::move(what)));
}

std::string Simulation::report() {
  std::string text = fmt::format("SLUICE_SIM_SEED={}: {}\n{}\n", seed_,
                                 wrong_.empty() ? "all is well" : wrong_, crew_.reasons());
  for (const std::string& line : trace_) text += line + "\n";
  for (const auto& watch : watches_)
    for (const std::string& violation : watch->violations())
      text += "violation: " + violation + "\n";
  return text;
}

}  // namespace sluice::sim
