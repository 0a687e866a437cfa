// Each life is steered towards one situation, and once it is there one event after the other
// happens in it: what is rare and soon over would hardly be met by chance.

#include "tests/sim/simulation.h"

#include <map>
#include <utility>

namespace sluice::sim {

using engine::Course;

namespace {

constexpr int kSteeredPercent = 25;  // Of all seconds.
constexpr int kArrivedPercent = 60;
constexpr int kSlowReturnPercent = 70;

/// How often each happens anywhere.
constexpr std::pair<int, Event> kWeights[] = {
    {6, Event::Release},        {1, Event::ReleaseOfStable}, {3, Event::Rollback},
    {2, Event::SpecEdit},       {2, Event::Scale},           {1, Event::StrategyChange},
    {1, Event::ServiceMissing}, {1, Event::RouteMissing},    {1, Event::Abort},
    {1, Event::Retry},          {7, Event::Promote},         {1, Event::PromoteFull},
    {2, Event::PauseOrGoOn},    {2, Event::FreezeOrThaw},    {1, Event::Restart},
    {6, Event::PodsDie},        {9, Event::OtherMetrics},    {2, Event::Meddling},
    {3, Event::Kill},           {2, Event::Faults},          {2, Event::SlowGateway},
    {2, Event::ClockSet},       {3, Event::LeaderChange},    {1, Event::TakeOver}};
constexpr int kOvertakenPercent = 4;
constexpr int kReroutedPercent = 3;

}  // namespace

void Simulation::happen() {
  const RolloutView& view = someone();
  if (dice_.chance(kOvertakenPercent)) return overtake(view);
  if (dice_.chance(kReroutedPercent)) return reroute(view);
  int sum = 0;
  for (const auto& [weight, event] : kWeights) sum += weight;
  int drawn = dice_.roll(sum);
  for (const auto& [weight, event] : kWeights) {
    drawn -= weight;
    if (drawn < 0) return cause(view, event);
  }
}

bool Simulation::steer() {
  const RolloutView& view = someone();
  const Situation now = situation_of(view);
  if (now == aim_) {
    if (!dice_.chance(kArrivedPercent)) return false;
    cause(view, Cells::aim_of(seed_, caused_++).second);
    return true;
  }
  if (!dice_.chance(kSteeredPercent)) return false;
  if (now.blue_green != aim_.blue_green)
    change_strategy(view);
  else if (now.course != aim_.course)
    steer_course(view);
  else
    steer_brake(view, now.brake);
  return true;
}

void Simulation::steer_course(const RolloutView& view) {
  switch (aim_.course) {
    case Course::Returning: {
      const std::string image = some_image(view);
      if (dice_.chance(kSlowReturnPercent)) world_.kubelet->available_max[image] = dice_.roll(2);
      return roll_back(view, image);
    }
    case Course::Aborted:
      return cause(view, Event::Abort);
    case Course::Updating:
      return release(view);
    case Course::Promoted:
      return cause(view, Event::PromoteFull);
    case Course::First:
      break;
  }
}

void Simulation::steer_brake(const RolloutView& view, Brake now) {
  const bool paused = bool_at(view.rollout(), "spec.paused");
  if (aim_.brake == Brake::Question) rates_[view.image()] = kUnclearRate;
  if ((aim_.brake == Brake::Paused) != paused) return pause_or_go_on(view);
  if ((aim_.brake == Brake::Frozen) != (now == Brake::Frozen)) return freeze_or_thaw(view);
}

void Simulation::cause(const RolloutView& view, Event event) {
  using Deed = void (*)(Simulation& life, const RolloutView& of);
  static const std::map<Event, Deed> kDeeds = {
      {Event::Release, [](auto& life, auto& of) { life.release(of); }},
      {Event::ReleaseOfStable, [](auto& life, auto& of) { life.release_stable(of); }},
      {Event::Rollback, [](auto& life, auto& of) { life.roll_back(of, life.some_image(of)); }},
      {Event::SpecEdit, [](auto& life, auto& of) { life.edit_steps(of); }},
      {Event::Scale, [](auto& life, auto& of) { life.change_size(of); }},
      {Event::StrategyChange, [](auto& life, auto& of) { life.change_strategy(of); }},
      {Event::ServiceMissing, [](auto& life, auto& of) { life.lose_service(of); }},
      {Event::RouteMissing, [](auto& life, auto& of) { life.lose_route(of); }},
      {Event::Abort, [](auto& life, auto& of) { life.abort(of); }},
      {Event::Retry, [](auto& life, auto& of) { life.retry(of); }},
      {Event::Promote, [](auto& life, auto& of) { life.promote(of); }},
      {Event::PromoteFull, [](auto& life, auto& of) { life.promote_full(of); }},
      {Event::PauseOrGoOn, [](auto& life, auto& of) { life.pause_or_go_on(of); }},
      {Event::FreezeOrThaw, [](auto& life, auto& of) { life.freeze_or_thaw(of); }},
      {Event::Restart, [](auto& life, auto& of) { life.restart(of); }},
      {Event::PodsDie, [](auto& life, auto& of) { life.flap(of); }},
      {Event::OtherMetrics, [](auto& life, auto& of) { life.change_metrics(of); }},
      {Event::Meddling, [](auto& life, auto& of) { life.interfere(of); }},
      {Event::Kill, [](auto& life, auto&) { life.kill(); }},
      {Event::Faults, [](auto& life, auto&) { life.begin_faults(); }},
      {Event::SlowGateway, [](auto& life, auto&) { life.change_gateway(); }},
      {Event::ClockSet, [](auto& life, auto&) { life.set_clock(); }},
      {Event::LeaderChange, [](auto& life, auto&) { life.trouble_leader(); }},
      {Event::TakeOver, [](auto& life, auto& of) { life.be_taken_over(of); }}};
  kDeeds.at(event)(*this, view);
}

}  // namespace sluice::sim
