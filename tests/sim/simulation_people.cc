// What people do to a Rollout in a simulated life.

#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

Json containers_of(const std::string& image) {
  return Json::array({{{"name", "shop"}, {"image", image}}});
}

}  // namespace

const RolloutView& Simulation::someone() {
  return *views_[static_cast<size_t>(dice_.roll(static_cast<int>(views_.size())))];
}

std::string Simulation::some_image(const RolloutView& view) {
  return image_of(view.role(), 1 + dice_.roll(kRevisions));
}

void Simulation::patch_spec(const RolloutView& view, const Json& patch) {
  world_.patch("Rollout", view.role().rollout, {{"spec", patch}});
}

void Simulation::patch_status(const RolloutView& view, const Json& status) {
  world_.patch("Rollout", view.role().rollout, {{"status", status}}, kube::Subresource::Status);
}

void Simulation::release(const RolloutView& view) {
  const std::string image = some_image(view);
  const std::string hash = view.hash_of(image);
  if (image == view.image() || (!hash.empty() && hash == view.stable_hash())) return;
  mark(view, Event::Release);
  if (dice_.chance(30)) rates_[image] = kBadRate;
  release_image(view, image);
}

void Simulation::release_stable(const RolloutView& view) {
  for (int revision = 1; revision <= kRevisions; ++revision) {
    const std::string image = image_of(view.role(), revision);
    if (view.stable_hash().empty() || view.hash_of(image) != view.stable_hash()) continue;
    mark(view, Event::ReleaseOfStable);
    return release_image(view, image);
  }
}

void Simulation::release_image(const RolloutView& view, const std::string& image) {
  say(fmt::format("release {} with success rate {}", image,
                  rates_.try_emplace(image, 1.0).first->second));
  patch_spec(view, {{"template", {{"spec", {{"containers", containers_of(image)}}}}}});
}

/// At once and without steps, to a revision that exists, as `rollback` asks for it.
void Simulation::roll_back(const RolloutView& view, const std::string& image) {
  const std::string hash = view.hash_of(image);
  if (hash.empty()) return;
  mark(view, Event::Rollback);
  say("roll back to " + image);
  world_.patch("Rollout", view.role().rollout,
               {{"metadata", {{"annotations", {{"sluice.dev/rollback-to", hash}}}}},
                {"spec", {{"template", {{"spec", {{"containers", containers_of(image)}}}}}}}});
}

void Simulation::change_size(const RolloutView& view) {
  const int replicas = 1 + dice_.roll(8);
  if (replicas == view.replicas()) return;
  mark(view, Event::Scale);
  say(fmt::format("{} has {} replicas", view.role().rollout, replicas));
  patch_spec(view, {{"replicas", replicas}});
}

void Simulation::edit_steps(const RolloutView& view) {
  if (view.is_blue_green()) return edit_blue_green(view);
  mark(view, Event::SpecEdit);
  const Json steps = draw_steps(setting_, dice_);
  say(view.role().rollout + " gets the steps " + steps.dump());
  patch_spec(view, {{"strategy", {{"canary", {{"steps", steps}}}}}});
}

void Simulation::edit_blue_green(const RolloutView& view) {
  mark(view, Event::SpecEdit);
  Json edit = {{"autoPromotionEnabled", dice_.chance(50)}, {"autoPromotionSeconds", dice_.roll(8)}};
  edit["previewReplicaCount"] = dice_.chance(50) ? Json(1 + dice_.roll(3)) : Json();
  say(view.role().rollout + " gets " + edit.dump());
  patch_spec(view, {{"strategy", {{"blueGreen", edit}}}});
}

void Simulation::change_strategy(const RolloutView& view) {
  if (!setting_.may_change_strategy) return;
  // There and back within one update is another question: do the runs of before count again?
  if (changed_[view.role().rollout] == view.image()) return;
  changed_[view.role().rollout] = view.image();
  mark(view, Event::StrategyChange);
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
  mark(view, Event::PauseOrGoOn);
  const bool paused = bool_at(view.rollout(), "spec.paused");
  say(view.role().rollout + (paused ? " goes on" : " is to pause"));
  patch_spec(view, {{"paused", !paused}});
}

/// Of the namespace or of all. What nobody can read freezes all the same.
void Simulation::freeze_or_thaw(const RolloutView& view) {
  mark(view, Event::FreezeOrThaw);
  if (scene_->is_frozen() && dice_.chance(70)) return lift_freezes();
  const char* from = dice_.chance(70) ? "default" : "kube-system";
  const Json data = dice_.chance(80) ? Json({{"reason", "the week of the sale"}, {"by", "ann"}})
                                     : Json({{"until", "monday"}});
  Json freeze = {{"apiVersion", "v1"},
                 {"kind", "ConfigMap"},
                 {"metadata", {{"name", "sluice-freeze"}, {"namespace", from}}},
                 {"data", data}};
  const bool is_there = freezes_.contains(from);
  say(fmt::format("{} freeze of {}: {}", is_there ? "another" : "a", from, data.dump()));
  if (is_there) world_.remove_from(from, "ConfigMap", "sluice-freeze");
  world_.create(freeze);
  freezes_.insert(from);
}

void Simulation::lift_freezes() {
  for (const std::string& from : std::exchange(freezes_, {})) {
    say("the freeze of " + from + " is lifted");
    world_.remove_from(from, "ConfigMap", "sluice-freeze");
  }
}

void Simulation::restart(const RolloutView& view) {
  mark(view, Event::Restart);
  say("restart " + view.role().rollout);
  patch_spec(view, {{"restartAt", format_time(world_.clock.system_now())}});
}

void Simulation::overtake(const RolloutView& view) {
  say("somebody is about to be quicker than the controller");
  const auto act = [this, &view](std::string_view, const kube::Resource& resource,
                                 const std::string& name) {
    if (resource.gvk.kind != "Rollout" || name != view.role().rollout) return;
    crew_.let_precede({});
    if (dice_.chance(30)) return release(view);
    if (dice_.chance(15)) return abort(view);
    if (dice_.chance(15)) return retry(view);
    promote(view);
  };
  crew_.let_precede(act);
}

void Simulation::promote(const RolloutView& view) {
  if (view.phase() != "Paused") return;
  const Json* pauses = find_path(view.rollout(), "status.pauseConditions");
  if (pauses == nullptr || pauses->empty()) return;
  mark(view, Event::Promote);
  say("promote " + view.role().rollout);
  patch_status(view, {{"pauseConditions", nullptr}});
}

void Simulation::abort(const RolloutView& view) {
  mark(view, Event::Abort);
  say("abort " + view.role().rollout);
  patch_status(view, {{"abort", true}});
}

void Simulation::retry(const RolloutView& view) {
  if (!bool_at(view.rollout(), "status.abort")) return;
  mark(view, Event::Retry);
  say("retry " + view.role().rollout);
  patch_status(view, {{"abort", false}});
}

void Simulation::promote_full(const RolloutView& view) {
  mark(view, Event::PromoteFull);
  say("promote " + view.role().rollout + " in full");
  patch_status(view, {{"promoteFull", true}});
}

}  // namespace sluice::sim
