// What may happen to a Rollout in a simulated life.

#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace sluice::sim {
namespace {

constexpr int kRevisions = 5;
constexpr double kBadRate = 0.2;
constexpr int kFaultSecondsMin = 2;
constexpr int kFaultSecondsMax = 10;
/// A death comes with one of so many writes.
constexpr int kDeathWritesMax = 8;

}  // namespace

const RolloutView& Simulation::someone() {
  return watches_[static_cast<size_t>(dice_.roll(static_cast<int>(watches_.size())))]->view();
}

std::string Simulation::some_image(const RolloutView& view) {
  return fmt::format("{}:v{}", view.role().rollout, 1 + dice_.roll(kRevisions));
}

void Simulation::patch_spec(const RolloutView& view, const Json& patch) {
  world_.patch("Rollout", view.role().rollout, {{"spec", patch}});
}

void Simulation::patch_status(const RolloutView& view, const Json& status) {
  world_.patch("Rollout", view.role().rollout, {{"status", status}}, kube::Subresource::Status);
}

void Simulation::happen() {
  const int event = dice_.roll(50);
  const RolloutView& view = someone();
  if (event < 5) return release(view);
  if (event < 6) return roll_back(view);
  if (event < 12) return flap(view);
  if (event < 19) return change_metrics(view);
  if (event < 21) return begin_faults();
  if (event < 24) return kill();
  if (event < 26) return change_size(view);
  if (event < 27) return edit_steps(view);
  if (event < 29) return change_gateway();
  if (event < 30) return set_clock();
  if (event < 33) return interfere(view);
  if (event < 35) return pause_or_go_on(view);
  if (event < 37) return dice_.chance(50) ? reroute(view) : change_strategy(view);
  if (event < 39) return overtake(view);
  person_acts(view);
}

void Simulation::release(const RolloutView& view) {
  const std::string image = some_image(view);
  if (dice_.chance(30)) rates_[image] = kBadRate;
  say(fmt::format("release {} with success rate {}", image,
                  rates_.try_emplace(image, 1.0).first->second));
  const Json containers = Json::array({{{"name", "shop"}, {"image", image}}});
  patch_spec(view, {{"template", {{"spec", {{"containers", containers}}}}}});
}

/// At once and without steps, to a revision that exists, as `rollback` asks for it.
void Simulation::roll_back(const RolloutView& view) {
  const std::string image = some_image(view);
  const std::string hash = view.hash_of(image);
  if (hash.empty()) return;
  say("roll back to " + image);
  const Json containers = Json::array({{{"name", "shop"}, {"image", image}}});
  world_.patch("Rollout", view.role().rollout,
               {{"metadata", {{"annotations", {{"sluice.dev/rollback-to", hash}}}}},
                {"spec", {{"template", {{"spec", {{"containers", containers}}}}}}}});
}

void Simulation::flap(const RolloutView& view) {
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
  const std::string image = dice_.chance(60) ? view.image() : some_image(view);
  const double values[] = {1.0, 1.0, kBadRate, kBadRate, std::numeric_limits<double>::quiet_NaN(),
                           -1.0};
  rates_[image] = values[dice_.roll(static_cast<int>(std::size(values)))];
  say(fmt::format("success rate of {} is {}", image, rates_[image]));
}

/// A burst: what follows of it excuses the controller for a while, so it is short.
void Simulation::begin_faults() {
  controller::test::FaultRates rates{
      .fail_before = dice_.roll(40), .fail_after = dice_.roll(40), .conflict = dice_.roll(40)};
  if (dice_.chance(50)) rates.delay = dice_.roll(50);
  if (dice_.chance(50)) rates.drop_watch = dice_.roll(20);
  if (dice_.chance(30)) rates.expire = dice_.roll(10);
  world_.store->set_rates(rates);
  const int seconds = kFaultSecondsMin + dice_.roll(kFaultSecondsMax - kFaultSecondsMin + 1);
  faults_until_ = now_ + seconds;
  say(fmt::format(
      "{} s of faults: before {}, after {}, conflict {}, delay {}, watch {}, history {}", seconds,
      rates.fail_before, rates.fail_after, rates.conflict, rates.delay, rates.drop_watch,
      rates.expire));
}

void Simulation::kill() {
  if (dice_.chance(40)) {
    say("the process dies with the next bad verdict");
    dies_with_verdict_ = true;
    return;
  }
  const int writes = 1 + dice_.roll(kDeathWritesMax);
  say(fmt::format("the process dies after {} writes", writes));
  world_.store->die_at_write(world_.store->writes() + static_cast<size_t>(writes));
}

void Simulation::change_size(const RolloutView& view) {
  const int replicas = 1 + dice_.roll(8);
  say(fmt::format("{} has {} replicas", view.role().rollout, replicas));
  patch_spec(view, {{"replicas", replicas}});
}

void Simulation::edit_steps(const RolloutView& view) {
  if (view.is_blue_green()) return edit_blue_green(view);
  const Json steps = draw_steps(setting_, dice_);
  say(view.role().rollout + " gets the steps " + steps.dump());
  patch_spec(view, {{"strategy", {{"canary", {{"steps", steps}}}}}});
}

void Simulation::edit_blue_green(const RolloutView& view) {
  Json edit = {{"autoPromotionEnabled", dice_.chance(50)}, {"autoPromotionSeconds", dice_.roll(8)}};
  edit["previewReplicaCount"] = dice_.chance(50) ? Json(1 + dice_.roll(3)) : Json();
  say(view.role().rollout + " gets " + edit.dump());
  patch_spec(view, {{"strategy", {{"blueGreen", edit}}}});
}

void Simulation::change_strategy(const RolloutView& view) {
  if (!setting_.may_change_strategy) return;
  const bool blue_green = !view.is_blue_green();
  say(view.role().rollout + (blue_green ? " is to be blue-green" : " is to be a canary"));
  Json strategy = draw_strategy(setting_, view.role(), blue_green, dice_);
  strategy[blue_green ? "canary" : "blueGreen"] = nullptr;
  patch_spec(view, {{"strategy", strategy}});
}

void Simulation::reroute(const RolloutView& view) {
  if (!setting_.may_be_rerouted || view.trying_service().empty()) return;
  const auto one_of = [this](const std::vector<std::string>& names) {
    return names[static_cast<size_t>(dice_.roll(static_cast<int>(names.size())))];
  };
  if (view.is_blue_green())
    return rename_preview(view, one_of(preview_services_of(view.role().rollout)));
  if (!view.is_routed()) return;
  if (dice_.chance(70))
    return name_canary_service(view, one_of(canary_services_of(view.role().rollout)));
  const std::string route = one_of(route_names());
  say(view.role().rollout + " is to use the route " + route);
  const Json routing = {{"plugins", {{"argoproj-labs/gatewayAPI", {{"httpRoute", route}}}}}};
  patch_spec(view, {{"strategy", {{"canary", {{"trafficRouting", routing}}}}}});
}

void Simulation::name_canary_service(const RolloutView& view, const std::string& service) {
  say(fmt::format("the canary Service of {} is to be {}", view.role().rollout, service));
  patch_spec(view, {{"strategy", {{"canary", {{"canaryService", service}}}}}});
}

void Simulation::rename_preview(const RolloutView& view, const std::string& service) {
  say(fmt::format("the preview Service of {} is to be {}", view.role().rollout, service));
  patch_spec(view, {{"strategy", {{"blueGreen", {{"previewService", service}}}}}});
}

void Simulation::pause_or_go_on(const RolloutView& view) {
  const bool paused = bool_at(view.rollout(), "spec.paused");
  say(view.role().rollout + (paused ? " goes on" : " is to pause"));
  patch_spec(view, {{"paused", !paused}});
}

void Simulation::change_gateway() {
  world_.gateway->stuck = dice_.chance(40);
  say(world_.gateway->stuck ? "gateway is stuck" : "gateway goes on");
}

void Simulation::set_clock() {
  const int seconds[] = {-7200, -600, -30, 30, 600, 7200};
  const int difference = seconds[dice_.roll(static_cast<int>(std::size(seconds)))];
  say(fmt::format("the clock is set by {} s", difference));
  world_.clock.jump(std::chrono::seconds(difference));
}

void Simulation::interfere(const RolloutView& view) {
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
  Json rules = scene_->find("HTTPRoute", view.role().route)["spec"]["rules"];
  for (Json& rule : rules)
    for (Json& backend : rule["backendRefs"])
      if (rule["backendRefs"].size() > 1)
        backend["weight"] = string_at(backend, "name").ends_with("-stable") ? 100 : 0;
  world_.patch("HTTPRoute", view.role().route, {{"spec", {{"rules", rules}}}});
}

void Simulation::overtake(const RolloutView& view) {
  say("somebody is about to be quicker than the controller");
  const auto act = [this, &view](std::string_view, const kube::Resource& resource,
                                 const std::string& name) {
    if (resource.gvk.kind != "Rollout" || name != view.role().rollout) return;
    world_.store->let_precede({});
    if (dice_.chance(30)) return release(view);
    person_acts(view);
  };
  world_.store->let_precede(act);
}

void Simulation::promote(const RolloutView& view) {
  if (view.phase() != "Paused") return;
  const Json* pauses = find_path(view.rollout(), "status.pauseConditions");
  if (pauses == nullptr || pauses->empty()) return;
  say("promote " + view.role().rollout);
  patch_status(view, {{"pauseConditions", nullptr}});
}

void Simulation::person_acts(const RolloutView& view) {
  const std::string& name = view.role().rollout;
  switch (dice_.roll(8)) {
    case 0:
      say("abort " + name);
      return patch_status(view, {{"abort", true}});
    case 1:
      if (!bool_at(view.rollout(), "status.abort")) return;
      say("retry " + name);
      return patch_status(view, {{"abort", false}});
    case 2:
      if (!dice_.chance(20)) return;
      say("promote " + name + " in full");
      return patch_status(view, {{"promoteFull", true}});
    default:
      return promote(view);
  }
}

}  // namespace sluice::sim
