#include "tests/sim/take_over.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace sluice::sim {

using controller::test::argo_objects;
using controller::test::Labels;

namespace {

constexpr const char* kMoments[] = {"1-stable", "2-paused-first-step", "3-mid-canary-and-switched",
                                    "4-aborted-canary-third-bg", "5-retried-canary-aborted-bg"};
constexpr Labels kLabels[] = {Labels::AsRecorded, Labels::OlderForm, Labels::Unknown};
/// The third one takes its template from a Deployment, and stays as it is.
constexpr const char* kRollouts[] = {"canary", "bg"};

/// Shorter than any delay that another engine may have begun.
constexpr int kQuietSecondsMin = 5;
constexpr int kQuietSecondsMax = 25;
constexpr int kActiveSeconds = 60;
constexpr int kTroubleSecondsMax = 8;
constexpr int kLastWritesMax = 6;
constexpr int kHealSeconds = 30;
constexpr int kRoundsMax = 20;
constexpr int kRoundSeconds = 30;

template <typename Choices>
const auto& one_of(Dice& dice, const Choices& choices) {
  return choices[dice.roll(static_cast<int>(std::size(choices)))];
}

/// What a take-over may not change: all that is asked for, and how far each update has come.
Json essence_of(const Json& object) {
  Json essence = {{"spec", object.value("spec", Json())}};
  if (string_at(object, "kind") != "Rollout") return essence;
  for (const char* field : {"abort", "stableRS", "currentPodHash", "currentStepIndex", "phase"}) {
    const Json* value = find_path(object, std::string("status.") + field);
    essence[field] = value == nullptr || *value == false ? Json() : *value;
  }
  return essence;
}

}  // namespace

TakeOver::TakeOver(uint32_t seed) : TakeOver(seed, Dice(seed)) {}

TakeOver::TakeOver(uint32_t seed, Dice dice)
    : dice_(dice),
      moment_(one_of(dice_, kMoments)),
      found_(argo_objects(moment_, one_of(dice_, kLabels))),
      world_(seed, found_.objects),
      crew_(world_, dice_, static_cast<size_t>(1 + dice_.roll(3))) {
  world_.clock.jump(found_.taken_at - FakeClock::kStart);
}

bool TakeOver::run() {
  crew_.start();
  const int quiet = kQuietSecondsMin + dice_.roll(kQuietSecondsMax - kQuietSecondsMin);
  for (int i = 0; i < quiet && wrong_.empty(); ++i) {
    pass(true);
    expect_untouched();
  }
  for (int i = 0; i < kActiveSeconds && wrong_.empty(); ++i) {
    if (dice_.chance(10)) person_acts(one_of(dice_, kRollouts));
    pass(true);
  }
  crew_.heal();
  for (int i = 0; i < kHealSeconds && wrong_.empty(); ++i) pass(false);
  return wrong_.empty() && ends_healthy();
}

void TakeOver::pass(bool troubled) {
  if (faults_for_ > 0 && --faults_for_ == 0) crew_.set_rates({});
  if (troubled && dice_.chance(20)) trouble();
  end_jobs();
  world_.tick();
  crew_.tick();
  for (const std::string& news : crew_.take_news()) trace_.push_back(news);
  if (!crew_.violations().empty()) expect(false, crew_.violations().front());
}

void TakeOver::trouble() {
  const int kind = dice_.roll(crew_.elects() ? 5 : 2);
  if (kind == 0) {
    faults_for_ = 1 + dice_.roll(kTroubleSecondsMax);
    crew_.set_rates({.fail_before = dice_.roll(40),
                     .fail_after = dice_.roll(40),
                     .conflict = dice_.roll(40),
                     .delay = dice_.roll(50),
                     .drop_watch = dice_.roll(20)});
    trace_.emplace_back("the API fails for a while");
  } else if (kind == 1) {
    crew_.die_after(static_cast<size_t>(1 + dice_.roll(kLastWritesMax)));
  } else if (kind == 2) {
    crew_.hand_over();
  } else {
    crew_.freeze(1 + dice_.roll(kRoundSeconds));
  }
}

/// They succeed as soon as they are there.
void TakeOver::end_jobs() {
  for (const Json& job : world_.list("Job")) {
    if (find_path(job, "status.conditions") != nullptr) continue;
    const Json done = {{"type", "Complete"}, {"status", "True"}};
    world_.patch("Job", string_at(job, "metadata.name"),
                 {{"status", {{"conditions", Json::array({done})}}}}, kube::Subresource::Status);
  }
}

void TakeOver::expect_untouched() {
  std::map<std::string, size_t> counts;
  for (const Json& before : found_.objects) {
    const std::string kind = string_at(before, "kind");
    const std::string name = string_at(before, "metadata.name");
    const bool refused = find_path(before, "spec.workloadRef") != nullptr;
    const Json after = world_.get(kind, name);
    ++counts[kind];
    if (after.is_null()) return expect(false, kind + " " + name + " is gone");
    if (kind == "ReplicaSet" && is_past_deadline(before, after)) continue;
    const bool same =
        refused ? before["spec"] == after["spec"] : essence_of(before) == essence_of(after);
    expect(same, fmt::format("the take-over changes {} {}: {} was {}", kind, name,
                             essence_of(after).dump(), essence_of(before).dump()));
  }
  for (const char* kind : {"ReplicaSet", "AnalysisRun", "Rollout", "Service"})
    expect(world_.list(kind).size() == counts[kind],
           std::string("the take-over makes or removes a ") + kind);
}

bool TakeOver::is_past_deadline(const Json& before, const Json& after) {
  SystemTime& earliest =
      deadlines_.try_emplace(string_at(before, "metadata.name"), SystemTime::max()).first->second;
  for (const Json* object : {&before, &after}) {
    const Json* annotations = find_path(*object, "metadata.annotations");
    if (annotations == nullptr) continue;
    const auto deadline = parse_time(annotations->value("scale-down-deadline", ""));
    if (deadline) earliest = std::min(earliest, *deadline);
  }
  // Once over it stays so, whoever leads next.
  if (earliest <= crew_.clock().system_now()) earliest = SystemTime::min();
  return earliest == SystemTime::min();
}

void TakeOver::person_acts(const std::string& name) {
  const bool aborted = bool_at(rollout(name), "status.abort");
  const int act = dice_.roll(4);
  if (act == 0) return release(name);
  if (act == 1) {
    trace_.push_back("abort " + name);
    return patch_status(name, {{"abort", true}});
  }
  trace_.push_back((aborted ? "retry " : "promote ") + name);
  patch_status(name, aborted ? Json({{"abort", false}}) : Json({{"pauseConditions", nullptr}}));
}

void TakeOver::release(const std::string& name) {
  Json spec = rollout(name)["spec"]["template"]["spec"];
  spec["containers"][0]["image"] = fmt::format("nginx:{}", 20 + dice_.roll(3));
  trace_.push_back("release of " + name);
  world_.patch("Rollout", name, {{"spec", {{"template", {{"spec", spec}}}}}});
}

bool TakeOver::ends_healthy() {
  const auto all_are = [this] {
    return std::ranges::all_of(kRollouts, [this](const char* name) { return is_healthy(name); });
  };
  for (int answer = 0; answer < kRoundsMax && !all_are() && wrong_.empty(); ++answer) {
    for (const char* name : kRollouts) {
      const bool aborted = bool_at(rollout(name), "status.abort");
      patch_status(name, aborted ? Json({{"abort", false}}) : Json({{"pauseConditions", nullptr}}));
    }
    for (int i = 0; i < kRoundSeconds; ++i) pass(false);
  }
  expect(all_are(), "what was taken over does not get healthy");
  return wrong_.empty();
}

void TakeOver::patch_status(const std::string& name, const Json& status) {
  world_.patch("Rollout", name, {{"status", status}}, kube::Subresource::Status);
}

bool TakeOver::is_healthy(const std::string& name) const {
  const Json now = rollout(name);
  return string_at(now, "status.phase") == "Healthy" &&
         string_at(now, "status.stableRS") == string_at(now, "status.currentPodHash") &&
         string_at(now, "status.observedGeneration") ==
             std::to_string(int_at(now, "metadata.generation"));
}

Json TakeOver::rollout(const std::string& name) const {
  return world_.get("Rollout", name);
}

void TakeOver::expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what;
}

std::string TakeOver::report() const {
  std::string text = fmt::format("{} {}: {}\n", moment_, crew_.elects() ? "several" : "one",
                                 wrong_.empty() ? "all is well" : wrong_);
  for (const std::string& line : trace_) text += line + "\n";
  return text;
}

}  // namespace sluice::sim
