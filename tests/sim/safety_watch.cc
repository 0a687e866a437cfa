#include "tests/sim/safety_watch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

/// So many looks in a row and the canary Service still selects what was aborted.
constexpr int kAbortedLooks = 5;
/// So many looks in a row and a bad revision's traffic is where it was left: one is enough for a
/// verdict that came just now.
constexpr int kHeedLooks = 2;
/// Without routing pods are what carries traffic, and they go as others come.
constexpr int kHeedLooksOfPods = 20;
/// So many looks in a row with all pods of a revision that somebody goes back to, and it is not
/// stable: a hand-over takes 5.
constexpr int kReturnLooks = 20;

int64_t share_of(const std::map<std::string, int64_t>& shares, const std::string& hash) {
  const auto found = shares.find(hash);
  return found == shares.end() ? 0 : found->second;
}

}  // namespace

SafetyWatch::SafetyWatch(Scene& scene, Role role)
    : view_(scene, std::move(role)), ledger_(view_), shares_before_(view_.shares()) {
  scene.listen([this](const local::Change& change) { on_change(change); });
}

void SafetyWatch::note(std::string violation) {
  violations_.push_back(view_.role().rollout + ": " + std::move(violation));
}

void SafetyWatch::on_change(const local::Change& change) {
  ledger_.look();
  note_busy();
  const std::string& kind = change.resource->kind;
  const std::string& name = change.after->meta.name;
  const bool own = view_.scene().is_by_controller();
  if (kind == "Rollout" && name == view_.role().rollout) {
    if (own)
      check_status();
    else
      follow_spec();
    ledger_.note_rollout(own);
  } else if (!own && kind != "AnalysisRun" && change.type == kube::WatchEventType::Added) {
    // What the spec names may have come.
    follow_spec();
  } else if (kind == "AnalysisRun") {
    const Json& run = view_.scene().find(kind, name);
    if (view_.owns(run) && string_at(run, "status.phase") == "Failed") verdicts_.insert(name);
    ledger_.note_run(name, own);
    if (own) check_subject(run);
  } else if (kind == "Service" && own && mode_.can_know && view_.is_blue_green()) {
    check_switch(name);
  } else if (kind == "HTTPRoute" || kind == "Service" || kind == "ReplicaSet") {
    if (own && kind == "ReplicaSet") check_scale(name);
    check_traffic(change);
  }
  ledger_.look();
}

/// What the spec names is somebody's doing, and all that it means.
void SafetyWatch::follow_spec() {
  view_.follow_spec();
  remember_traffic();
  weight_in_force_ = weight_before_;
}

void SafetyWatch::remember_traffic() {
  if (!view_.is_routed()) return;
  outage_before_ = outage();
  shares_before_ = view_.shares();
  if (!ledger_.was_halted()) shares_held_ = shares_before_;
  header_routes_before_ = header_routes();
  weight_before_ = view_.canary_weight();
  if (view_.is_route_confirmed()) weight_in_force_ = weight_before_;
}

void SafetyWatch::note_busy() {
  note_use();
  const std::string hash = ledger_.hash();
  const bool is_led_to = view_.selected_by(view_.role().canary_service) == hash;
  const Moment now{view_.scene().clock().system_now(), view_.scene().clock().steady_now()};
  if (is_led_to || share_of(shares_before_, hash) > 0) busy_ = now;
  // To a clock that is set back nothing lies ahead: what is to last for a while begins then.
  busy_.wall = std::min(busy_.wall, now.wall);
  for (auto& [used, moment] : used_) moment.wall = std::min(moment.wall, now.wall);
}

/// What the controller says of the Rollout, and thereby decides.
void SafetyWatch::check_status() {
  const Json& before = view_.scene().before();
  const Json& after = view_.rollout();
  const std::string stable = view_.stable_hash();
  if (stable != string_at(before, "status.stableRS")) {
    if (stable != ledger_.hash() || ledger_.is_bad() || was_aborted())
      note(fmt::format("{} becomes stable, a revision that is bad or not the present one", stable));
    else if (!ledger_.may_be_stable())
      note(fmt::format("{} becomes stable with {} steps earned", stable, ledger_.steps()));
  }
  // A spec that is refused leaves the index of the one before.
  const int64_t index = int_at(after, "status.currentStepIndex");
  if (view_.is_planned() && index > ledger_.steps())
    note(fmt::format("step {} is reached, but only {} are earned", index, ledger_.steps()));
  check_index();
  if (view_.is_blue_green()) check_blue_green_status();
  const bool is_told = view_.is_planned() || !bool_at(before, "status.abort");
  if (bool_at(after, "status.abort") && is_told && !ledger_.may_tell_of_abort())
    note("an abort without a reason");
}

/// No step of an attempt is taken twice, whoever leads.
void SafetyWatch::check_index() {
  const Json& before = view_.scene().before();
  const Json& after = view_.rollout();
  const auto is_same = [&](const char* path) {
    return string_at(before, path) == string_at(after, path);
  };
  const bool same_attempt = is_same("status.currentPodHash") && is_same("status.currentStepHash") &&
                            !bool_at(before, "status.abort") && !bool_at(after, "status.abort");
  const int64_t index = int_at(after, "status.currentStepIndex");
  if (same_attempt && index < int_at(before, "status.currentStepIndex"))
    note(fmt::format("step {} is gone back to", index));
}

/// Of the status that was just written over: with the same spec, and known to be aborted.
bool SafetyWatch::was_aborted() const {
  const Json& before = view_.scene().before();
  const int64_t generation = int_at(view_.rollout(), "metadata.generation");
  return bool_at(before, "status.abort") &&
         string_at(before, "status.observedGeneration") == std::to_string(generation);
}

void SafetyWatch::check_traffic(const local::Change& change) {
  if (!view_.is_routed()) return;
  const bool own = view_.scene().is_by_controller();
  const bool moves_traffic = change.resource->kind != "ReplicaSet";
  if (own && view_.canary_weight() < 0) note("the weights do not sum up to 100");
  // Pods come and go by themselves, and strangers do what they like.
  if (own && moves_traffic && mode_.can_know) {
    const std::string outage_now = outage();
    if (outage_before_.empty() && !outage_now.empty()) {
      note(fmt::format("a write to {} {} leads to: {}", change.resource->kind,
                       change.after->meta.name, outage_now));
    }
    for (const auto& [hash, share] : view_.shares())
      check_share(hash, share_of(shares_before_, hash), share);
    check_header_routes(change.resource->kind + " " + change.after->meta.name);
    if (change.resource->kind == "Service") check_selection(change.after->meta.name);
  }
  remember_traffic();
}

/// Then no weight can be given back: whoever takes over the canary Service takes it with its
/// weight.
bool SafetyWatch::is_stable_dead() const {
  return view_.serving(view_.selected_by(view_.role().stable_service)) == 0;
}

/// Each run of the simulation measures one revision: that which it is about.
void SafetyWatch::check_subject(const Json& run) {
  const Json* arguments = find_path(run, "spec.args");
  if (!view_.owns(run) || arguments == nullptr) return;
  for (const Json& argument : *arguments) {
    const std::string value = string_at(argument, "value");
    if (string_at(argument, "name") == "hash" && value != hash_label(run))
      note(fmt::format("a run about {} measures {}", hash_label(run), value));
  }
}

/// A Service that comes to select another revision reaches pods there.
void SafetyWatch::check_selection(const std::string& service) {
  const std::string hash = view_.selected_by(service);
  const Json* before = find_path(view_.scene().before(), "spec.selector");
  if (hash.empty() || before == nullptr || before->value(kHashLabel, "") == hash) return;
  const bool ours =
      service == view_.role().stable_service || service == view_.role().canary_service;
  if (ours && view_.serving(hash) == 0)
    note(fmt::format("Service {} comes to select {}, which has no pods", service, hash));
}

/// More traffic for a revision is either a way back or earned.
void SafetyWatch::check_share(const std::string& hash, int64_t before, int64_t after) {
  if (after <= before || hash.empty()) return;
  if (hash == view_.stable_hash()) return check_return(hash, after);
  // What nobody is behind goes to whom the stable Service leads to, as it stands.
  const bool is_stand_in = hash == view_.selected_by(view_.role().stable_service);
  if (is_stand_in && !outage_before_.empty() && view_.is_refused()) return;
  if (hash != ledger_.hash() || ledger_.is_bad()) {
    note(fmt::format("{}, which is bad or not the present revision, gets {}% instead of {}%", hash,
                     after, before));
    return;
  }
  if (after <= weight_before_ && is_stable_dead()) return;
  if (ledger_.was_halted() && is_more_than_held(hash, after)) {
    note(fmt::format("{} gets {}% instead of {}% while somebody holds it", hash, after, before));
    return;
  }
  if (after > ledger_.weight()) {
    note(fmt::format("{} gets {}% with {} steps earned, which ask for {}% at most", hash, after,
                     ledger_.steps(), ledger_.weight()));
    return;
  }
  // Once it is to be stable, it has been found able.
  if (ledger_.may_be_stable()) return;
  if (bears(hash, after)) return;
  const auto pods = ledger_.pods_for(after);
  if (!pods)
    note(fmt::format("{} gets {}%, which no step asks for", hash, after));
  else if (view_.serving(hash) < *pods)
    note(fmt::format("{} gets {}% with {} of {} pods", hash, after, view_.serving(hash), *pods));
}

/// What a stranger took from it in the meantime comes back.
bool SafetyWatch::is_more_than_held(const std::string& hash, int64_t share) const {
  const Json* asked = find_path(view_.rollout(), "status.canary.weights.canary");
  const bool same = asked != nullptr && string_at(*asked, "podTemplateHash") == hash;
  const int64_t known = same ? int_at(*asked, "weight") : 0;
  return share > std::max(known, share_of(shares_held_, hash));
}

/// Traffic comes back to as many pods as can take it, unless those that have it are dead.
void SafetyWatch::check_return(const std::string& hash, int64_t after) {
  const std::string carrier = view_.selected_by(view_.role().canary_service);
  if (carrier == hash || view_.serving(carrier) == 0) return;
  const int64_t serving = view_.serving(hash);
  const bool in_parts = bool_at(view_.canary(), "dynamicStableScale");
  if (in_parts ? after * view_.replicas() > (serving + shortfall()) * kTotal : serving == 0)
    note(fmt::format("stable {} gets {}% with {} pods of {}", hash, after, serving,
                     view_.replicas()));
}

std::set<std::string> SafetyWatch::header_routes() const {
  std::set<std::string> present = view_.former_header_routes();
  present.merge(view_.header_routes());
  return present;
}

std::set<std::string> SafetyWatch::unearned_header_routes() const {
  std::set<std::string> unearned = header_routes();
  for (const std::string& name : ledger_.header_routes()) unearned.erase(name);
  return unearned;
}

/// What was there before may have been earned by another attempt, and this write may be about the
/// neighbour's part of a route.
void SafetyWatch::check_header_routes(const std::string& written) {
  for (const std::string& name : unearned_header_routes())
    if (!header_routes_before_.contains(name)) note("header route " + name + " is not earned");
  for (const std::string& name : header_routes()) {
    const bool is_led = view_.selected_by(view_.role().canary_service) == ledger_.hash();
    if (is_led && ledger_.is_bad() && stable_can_take_over())
      note("header route " + name + " leads to a bad revision after a write to " + written);
  }
}

std::string SafetyWatch::outage() const {
  const auto nobody_behind = [this](const std::string& service) {
    if (view_.scene().find("Service", service).is_null()) return true;
    const std::string hash = view_.selected_by(service);
    return !hash.empty() && view_.serving(hash) == 0;
  };
  const int64_t weight = view_.canary_weight();
  if (nobody_behind(view_.role().canary_service)) {
    if (weight > 0) return fmt::format("canary weight {} and no canary pod", weight);
    if (!view_.header_routes().empty()) return "a header route and no canary pod";
  }
  if (weight < kTotal && nobody_behind(view_.role().stable_service))
    return fmt::format("stable weight {} and no stable pod", kTotal - weight);
  return "";
}

void SafetyWatch::look() {
  ledger_.look();
  note_busy();
  if (view_.is_routed()) {
    const int64_t weight = view_.canary_weight();
    const std::string carrier = view_.selected_by(view_.role().canary_service);
    const bool dark = weight > 0 && !carrier.empty() && view_.serving(carrier) == 0;
    if (dark && canary_was_dark_ && mode_.can_act)
      note(fmt::format("canary weight stays at {} without a canary pod", weight));
    canary_was_dark_ = dark;
    note_lasting("a header route is left that is not earned", !unearned_header_routes().empty(),
                 kHeedLooks);
  }
  if (view_.is_blue_green()) look_at_users();
  look_at_former_services();
  check_condemned();
  check_former();
  check_canary_service();
  look_at_return();
}

/// Nothing holds up who goes back, once the pods are there: no step, no analysis, no freeze.
void SafetyWatch::look_at_return() {
  const bool held = bool_at(view_.rollout(), "spec.paused") || ledger_.may_abort();
  const bool confirmed = !view_.is_routed() || view_.is_route_confirmed();
  const std::string hash = ledger_.hash();
  note_lasting("somebody goes back, and it leads to nothing",
               ledger_.returns() && !held && confirmed && hash != view_.stable_hash() &&
                   view_.serving(hash) >= view_.replicas(),
               kReturnLooks);
}

/// After an abort the canary Service selects the stable revision.
void SafetyWatch::check_canary_service() {
  const std::string hash = view_.selected_by(view_.role().canary_service);
  const bool left = view_.is_routed() && hash == ledger_.hash() && ledger_.is_bad() &&
                    hash != view_.stable_hash();
  const bool can_act =
      mode_.can_act && view_.is_planned() && view_.is_route_confirmed() && stable_can_take_over();
  service_looks_ = left && can_act ? service_looks_ + 1 : 0;
  if (service_looks_ >= kAbortedLooks) note("the canary Service selects what was aborted");
}

/// Former routes and pairs of Services lose their traffic at once, whatever the revision.
void SafetyWatch::check_former() {
  std::map<std::string, int64_t> shares = view_.former_shares();
  shares.erase(view_.stable_hash());
  const bool left = !shares.empty() || !view_.former_header_routes().empty();
  const bool can_act = mode_.can_act && view_.is_planned() && stable_can_take_over();
  former_looks_ = left && can_act ? former_looks_ + 1 : 0;
  if (former_looks_ >= kHeedLooks) note("a former route or Service keeps traffic of the canary");
}

bool SafetyWatch::stable_can_take_over() const {
  const bool moves_at_once = view_.is_routed() || view_.is_blue_green();
  const bool in_parts = !moves_at_once || bool_at(view_.canary(), "dynamicStableScale");
  const int64_t serving = view_.serving(view_.stable_hash());
  return in_parts ? serving >= view_.replicas() : serving > 0;
}

/// With nobody else to serve a bad revision is kept rather than nothing.
void SafetyWatch::check_condemned() {
  std::map<std::string, int64_t> carried = view_.shares();
  if (view_.is_blue_green()) {
    carried[view_.selected_by(view_.role().active_service)] = kTotal;
  } else if (!view_.is_routed()) {
    for (const auto& [name, replica_set] : view_.scene().all("ReplicaSet"))
      if (view_.owns(replica_set))
        carried[hash_label(replica_set)] = int_at(replica_set, "spec.replicas");
  }
  const bool moves_at_once = view_.is_routed() || view_.is_blue_green();
  const int looks_max = moves_at_once ? kHeedLooks : kHeedLooksOfPods;
  std::erase_if(unheeded_, [&](const auto& entry) {
    return !ledger_.is_condemned(entry.first) || share_of(carried, entry.first) == 0;
  });
  for (const auto& [hash, amount] : carried) {
    if (amount == 0 || !ledger_.is_condemned(hash)) continue;
    int& looks = unheeded_[hash];
    // Where pods are the traffic, a hold keeps each revision its share of them.
    const bool kept = !moves_at_once && ledger_.is_halted();
    looks = stable_can_take_over() && mode_.can_act && !kept ? looks + 1 : 0;
    if (looks >= looks_max)
      note(fmt::format("{} was judged bad or aborted, and keeps {}", hash,
                       moves_at_once ? fmt::format("{}% of the traffic", amount)
                                     : fmt::format("{} pods", amount)));
  }
}

}  // namespace sluice::sim
