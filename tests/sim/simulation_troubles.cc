// What befalls a Rollout in a simulated life: pods, metrics, the API, clocks, processes, strangers.

#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace sluice::sim {
namespace {

constexpr int kFaultSecondsMin = 2;
constexpr int kFaultSecondsMax = 10;
/// A death comes with one of so many writes.
constexpr int kDeathWritesMax = 8;
/// How long what is lost is gone.
constexpr int kLostSecondsMin = 2;
constexpr int kLostSecondsMax = 8;
/// How long something befalls one of several processes: around what a Lease lasts.
constexpr int kLeaderTroubleSecondsMax = 40;

}  // namespace

void Simulation::flap(const RolloutView& view) {
  mark(view, Event::PodsDie);
  const std::string image = some_image(view);
  if (dice_.chance(50)) {
    world_.kubelet->available_max.erase(image);
    return say("all pods of " + image + " work");
  }
  const int works = dice_.roll(3);
  world_.kubelet->available_max[image] = works;
  say(fmt::format("only {} pods of {} work", works, image));
}

void Simulation::change_metrics(const RolloutView& view) {
  mark(view, Event::OtherMetrics);
  const std::string image = dice_.chance(60) ? view.image() : some_image(view);
  constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
  constexpr double kNoSource = -1.0;
  const double values[] = {1.0, 1.0, kBadRate, kBadRate, kUnclearRate, kNoData, kNoSource};
  rates_[image] = values[dice_.roll(static_cast<int>(std::size(values)))];
  say(fmt::format("success rate of {} is {}", image, rates_[image]));
}

/// A burst: what follows of it excuses the controller for a while, so it is short.
void Simulation::begin_faults() {
  mark_all(Event::Faults);
  controller::test::FaultRates rates{
      .fail_before = dice_.roll(40), .fail_after = dice_.roll(40), .conflict = dice_.roll(40)};
  if (dice_.chance(50)) rates.delay = dice_.roll(50);
  if (dice_.chance(50)) rates.drop_watch = dice_.roll(20);
  if (dice_.chance(30)) rates.expire = dice_.roll(10);
  crew_.set_rates(rates);
  const int seconds = kFaultSecondsMin + dice_.roll(kFaultSecondsMax - kFaultSecondsMin + 1);
  faults_until_ = now_ + seconds;
  say(fmt::format(
      "{} s of faults: before {}, after {}, conflict {}, delay {}, watch {}, history {}", seconds,
      rates.fail_before, rates.fail_after, rates.conflict, rates.delay, rates.drop_watch,
      rates.expire));
}

void Simulation::kill() {
  mark_all(Event::Kill);
  if (dice_.chance(40)) {
    say("the process dies with the next bad verdict");
    dies_with_verdict_ = true;
    return;
  }
  const int writes = 1 + dice_.roll(kDeathWritesMax);
  say(fmt::format("the process dies after {} writes", writes));
  crew_.die_after(static_cast<size_t>(writes));
}

void Simulation::change_gateway() {
  mark_all(Event::SlowGateway);
  world_.gateway->stuck = dice_.chance(40);
  say(world_.gateway->stuck ? "gateway is stuck" : "gateway goes on");
}

void Simulation::set_clock() {
  const int seconds[] = {-7200, -600, -30, 30, 600, 7200};
  mark_all(Event::ClockSet);
  const int difference = seconds[dice_.roll(static_cast<int>(std::size(seconds)))];
  if (crew_.elects() && dice_.chance(50)) return crew_.set_clock(difference);
  say(fmt::format("the clock is set by {} s", difference));
  world_.clock.jump(std::chrono::seconds(difference));
}

void Simulation::trouble_leader() {
  if (!crew_.elects()) return;
  mark_all(Event::LeaderChange);
  const int seconds = 1 + dice_.roll(kLeaderTroubleSecondsMax);
  switch (dice_.roll(5)) {
    case 0:
      return crew_.cut_off(seconds);
    case 1:
      return crew_.refuse_leases(seconds, dice_.chance(30));
    case 2:
      return crew_.hand_over();
    default:
      return crew_.freeze(seconds);
  }
}

void Simulation::be_taken_over(const RolloutView& view) {
  // What was routed before the spec named other Services only Sluice knows.
  if (setting_.may_be_rerouted || setting_.may_change_strategy) return;
  mark(view, Event::TakeOver);
  say("another engine was here");
  crew_.replace_all([this] {
    for (const RolloutView* taken : views_)
      patch_status(*taken, {{"waitingFor", nullptr},
                            {"mostAvailableReplicas", nullptr},
                            {"routings", nullptr},
                            {"formerWeight", nullptr}});
  });
}

void Simulation::interfere(const RolloutView& view) {
  mark(view, Event::Meddling);
  if (view.is_routed() && dice_.chance(40)) return put_route_back(view);
  const std::string kind = dice_.chance(50) ? "AnalysisRun" : "ReplicaSet";
  std::vector<std::string> names;
  for (const auto& [name, object] : scene_->all(kind)) {
    const std::string hash = hash_label(object);
    // Without the stable pods nobody could help.
    const bool is_stable =
        kind == "ReplicaSet" &&
        (hash == view.stable_hash() || hash == view.selected_by(view.serving_service()));
    if (view.owns(object) && !is_stable && dice_.chance(50)) names.push_back(name);
  }
  for (const std::string& name : names) {
    say("somebody deletes " + kind + " " + name);
    world_.remove(kind, name);
  }
}

void Simulation::put_route_back(const RolloutView& view) {
  say("somebody puts the route back");
  const Json& route = scene_->find("HTTPRoute", view.role().route);
  if (route.is_null()) return;
  Json rules = route["spec"]["rules"];
  for (Json& rule : rules)
    for (Json& backend : rule["backendRefs"])
      if (rule["backendRefs"].size() > 1)
        backend["weight"] = string_at(backend, "name").ends_with("-stable") ? 100 : 0;
  world_.patch("HTTPRoute", view.role().route, {{"spec", {{"rules", rules}}}});
}

void Simulation::lose_service(const RolloutView& view) {
  lose(view, "Service", view.trying_service());
}

void Simulation::lose_route(const RolloutView& view) {
  lose(view, "HTTPRoute", view.is_routed() ? view.role().route : "");
}

/// It comes back as it was first applied.
void Simulation::lose(const RolloutView& view, const std::string& kind, const std::string& name) {
  const auto manifest = std::ranges::find_if(manifests_, [&](const Json& known) {
    return string_at(known, "kind") == kind && string_at(known, "metadata.name") == name;
  });
  if (manifest == manifests_.end() || scene_->find(kind, name).is_null()) return;
  mark(view, kind == "Service" ? Event::ServiceMissing : Event::RouteMissing);
  const int seconds = kLostSecondsMin + dice_.roll(kLostSecondsMax - kLostSecondsMin);
  say(fmt::format("{} {} is gone for {} s", kind, name, seconds));
  world_.remove(kind, name);
  lost_.push_back({*manifest, now_ + seconds});
}

void Simulation::bring_back() {
  std::erase_if(lost_, [this](const Lost& lost) {
    if (lost.until > now_) return false;
    say(fmt::format("{} {} is back", string_at(lost.manifest, "kind"),
                    string_at(lost.manifest, "metadata.name")));
    world_.create(lost.manifest);
    return true;
  });
}

}  // namespace sluice::sim
