#include "tests/sim/cells.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

using engine::Course;

/// So many events in the situation that it aims at, and the next life goes on with the next ones.
constexpr size_t kEventsALife = 5;

constexpr std::pair<Event, const char*> kEvents[] = {
    {Event::Release, "release"},
    {Event::ReleaseOfStable, "release of the stable revision"},
    {Event::Rollback, "rollback"},
    {Event::SpecEdit, "spec edit"},
    {Event::Scale, "scale"},
    {Event::StrategyChange, "strategy change"},
    {Event::ServiceMissing, "service missing"},
    {Event::RouteMissing, "route missing"},
    {Event::Abort, "abort"},
    {Event::Retry, "retry"},
    {Event::Promote, "promote"},
    {Event::PromoteFull, "full promotion"},
    {Event::PauseOrGoOn, "pause"},
    {Event::FreezeOrThaw, "freeze"},
    {Event::Restart, "restart"},
    {Event::PodsDie, "pod death"},
    {Event::OtherMetrics, "other metrics"},
    {Event::Meddling, "meddling"},
    {Event::Kill, "controller kill"},
    {Event::Faults, "API faults"},
    {Event::SlowGateway, "slow gateway"},
    {Event::ClockSet, "clock jump"},
    {Event::LeaderChange, "leader change"},
    {Event::TakeOver, "take-over"}};

/// Nothing is under way when a Rollout is aborted or promoted: nothing can be held.
constexpr std::pair<Course, Brake> kPlaces[] = {
    {Course::First, Brake::None},        {Course::First, Brake::Paused},
    {Course::Updating, Brake::None},     {Course::Updating, Brake::Step},
    {Course::Updating, Brake::Question}, {Course::Updating, Brake::Paused},
    {Course::Updating, Brake::Frozen},   {Course::Returning, Brake::None},
    {Course::Returning, Brake::Paused},  {Course::Aborted, Brake::None},
    {Course::Promoted, Brake::None}};

const char* to_string(Event event) {
  return std::ranges::find(kEvents, event, &std::pair<Event, const char*>::first)->second;
}

const char* to_string(Brake brake) {
  switch (brake) {
    case Brake::None:
      return "";
    case Brake::Step:
      return ", at a pause";
    case Brake::Question:
      return ", inconclusive";
    case Brake::Paused:
      return ", held";
    case Brake::Frozen:
      break;
  }
  return ", frozen";
}

std::string to_string(const Situation& situation) {
  return fmt::format("{} {}{}", situation.blue_green ? "blue-green" : "canary",
                     engine::to_string(situation.course), to_string(situation.brake));
}

Course course_of(const RolloutView& view) {
  const Json& rollout = view.rollout();
  const std::string current = string_at(rollout, "status.currentPodHash");
  if (view.stable_hash().empty()) return Course::First;
  if (current == view.stable_hash()) return Course::Promoted;
  if (bool_at(rollout, "status.abort")) return Course::Aborted;
  const Json* annotations = find_path(rollout, "metadata.annotations");
  const bool flees = annotations != nullptr && annotations->value(kRollbackTo, "") == current;
  return flees ? Course::Returning : Course::Updating;
}

Brake brake_of(const RolloutView& view, Course course) {
  if (course == Course::Aborted || course == Course::Promoted) return Brake::None;
  if (course == Course::Updating && view.scene().is_frozen()) return Brake::Frozen;
  if (bool_at(view.rollout(), "spec.paused")) return Brake::Paused;
  const Json* pauses = find_path(view.rollout(), "status.pauseConditions");
  if (course != Course::Updating || pauses == nullptr || pauses->empty()) return Brake::None;
  const bool asks = std::ranges::any_of(*pauses, [](const Json& pause) {
    return string_at(pause, "reason").ends_with("AnalysisRun");
  });
  return asks ? Brake::Question : Brake::Step;
}

}  // namespace

Situation situation_of(const RolloutView& view) {
  const Course course = course_of(view);
  return {view.is_blue_green(), course, brake_of(view, course)};
}

std::string Cells::impossible(const Situation& situation, Event event) {
  const bool asks = situation.brake == Brake::Step || situation.brake == Brake::Question;
  if (event == Event::Retry && situation.course != Course::Aborted)
    return "nothing is aborted that could be retried";
  if (event == Event::Promote && !asks) return "nobody is asked";
  if (event == Event::ReleaseOfStable && situation.course == Course::First)
    return "no revision is stable";
  const bool of_routes = event == Event::RouteMissing || event == Event::SlowGateway;
  if (of_routes && situation.blue_green) return "blue-green has no routes";
  return "";
}

Cells::Cell Cells::aim_of(uint32_t seed, size_t turn) {
  const Situation& situation = situations()[seed % situations().size()];
  std::vector<Event> possible;
  for (const Event event : events())
    if (impossible(situation, event).empty()) possible.push_back(event);
  const size_t lives_before = seed / situations().size();
  return {situation, possible[(lives_before * kEventsALife + turn) % possible.size()]};
}

const std::vector<Situation>& Cells::situations() {
  static const std::vector<Situation> kAll = [] {
    std::vector<Situation> all;
    for (const auto& [course, brake] : kPlaces)
      for (const bool blue_green : {false, true}) all.push_back({blue_green, course, brake});
    return all;
  }();
  return kAll;
}

const std::vector<Event>& Cells::events() {
  static const std::vector<Event> kAll = [] {
    std::vector<Event> all;
    for (const auto& [event, name] : kEvents) all.push_back(event);
    return all;
  }();
  return kAll;
}

const std::vector<Cells::Cell>& Cells::all() {
  static const std::vector<Cell> kAll = [] {
    std::vector<Cell> cells;
    for (const Situation& situation : situations())
      for (const Event event : events())
        if (impossible(situation, event).empty()) cells.emplace_back(situation, event);
    return cells;
  }();
  return kAll;
}

Cells& Cells::operator+=(const Cells& other) {
  for (const auto& [cell, count] : other.counts_) counts_[cell] += count;
  return *this;
}

std::string Cells::text() const {
  std::string text;
  for (const Cell& cell : all()) {
    const auto found = counts_.find(cell);
    text += fmt::format("{}\t{}\t{}\n", to_string(cell.first), to_string(cell.second),
                        found == counts_.end() ? 0 : found->second);
  }
  return text;
}

}  // namespace sluice::sim
