// Who has the users of a blue-green Rollout, and which pods are there for them.

#include "tests/sim/safety_watch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

/// So many looks in a row, and users are where nobody answers them.
constexpr int kUsersLooks = 2;
/// The same of Services that lead where they should not.
constexpr int kServiceLooks = 5;
/// By then a bad answer is stored, or its process has died and another one has asked again.
constexpr std::chrono::seconds kBadNews{2};

std::chrono::seconds delay_at(const Json& strategy, const char* path) {
  return std::chrono::seconds(int_at(strategy, path, 30));
}

}  // namespace

void SafetyWatch::note_lasting(const std::string& what, bool present, int looks_max) {
  const bool counts = present && mode_.can_act && view_.is_planned();
  if (!counts)
    looks_.erase(what);
  else if (++looks_[what] >= looks_max)
    note(what);
}

/// Users, and those who may have to come back, use pods.
void SafetyWatch::note_use() {
  if (!view_.is_blue_green()) return;
  const Moment now{view_.scene().clock().system_now(), view_.scene().clock().steady_now()};
  used_[view_.selected_by(view_.role().active_service)] = now;
  if (!ledger_.may_be_stable()) used_[view_.stable_hash()] = now;
}

/// The controller has written that Service.
void SafetyWatch::check_switch(const std::string& service) {
  const std::string after = view_.selected_by(service);
  const Json* selector = find_path(view_.scene().before(), "spec.selector");
  const std::string before = selector == nullptr ? "" : selector->value(kHashLabel, "");
  if (before == after || view_.is_refused()) return;
  if (service == view_.role().active_service) check_users(before, after);
  // What has no ReplicaSet yet leaves the preview to what was under way before.
  const std::string shown =
      ledger_.hash().empty() ? string_at(view_.rollout(), "status.currentPodHash") : ledger_.hash();
  if (service == view_.role().preview_service && after != shown)
    note(fmt::format("the preview leads to {}, which is not the present revision", after));
}

bool SafetyWatch::was_heard_bad(const std::string& hash) const {
  const auto heard = heard_bad_.find(hash);
  return heard != heard_bad_.end() &&
         view_.scene().clock().steady_now() - heard->second <= kBadNews;
}

void SafetyWatch::check_users(const std::string& before, const std::string& after) {
  if (after.empty()) return note("users have all revisions at once");
  if (view_.serving(after) == 0) note(fmt::format("users get {}, which has no pods", after));
  if (after == view_.stable_hash()) {
    const bool in_order = before == ledger_.hash() && ledger_.is_passed() && !ledger_.may_abort();
    // A checkpoint that the status does not tell of, as its write was lost, is passed once more.
    const bool is_told = bool_at(view_.rollout(), "status.blueGreen.scaleUpPreviewCheckPoint");
    if (in_order && is_told && !was_heard_bad(before) && view_.serving(before) > 0)
      note(fmt::format("users are taken from {}, which is in order", before));
    return;
  }
  if (after != ledger_.hash() || ledger_.is_bad()) {
    note(fmt::format("users get {}, which is bad or not the present revision", after));
  } else if (!ledger_.is_passed()) {
    note(fmt::format("users get {} before it has earned them", after));
  } else if (ledger_.was_halted()) {
    note(fmt::format("users get {} while somebody holds it", after));
  } else if (view_.serving(after) < view_.replicas()) {
    note(fmt::format("users get {} with {} of {} pods", after, view_.serving(after),
                     view_.replicas()));
  }
}

void SafetyWatch::check_blue_green_status() {
  const Json& after = view_.rollout();
  if (!view_.is_planned()) return;
  if (bool_at(after, "status.blueGreen.scaleUpPreviewCheckPoint") && !ledger_.is_passed())
    note("the checkpoint is passed before it is earned");
  const bool is_told =
      bool_at(after, "status.abort") && find_path(after, "status.abortedAt") != nullptr;
  const std::string active = view_.selected_by(view_.role().active_service);
  const bool left_behind = active == ledger_.hash() && active != view_.stable_hash();
  if (is_told && left_behind && stable_can_take_over() && mode_.can_act && mode_.can_know)
    note("an abort is told of before the users are back");
}

/// Only the present revision and the stable one are given pods: for the preview as many as it asks
/// for.
void SafetyWatch::check_blue_green_scale(const std::string& hash, int64_t before, int64_t after) {
  if (after < before) check_blue_green_drain(hash, after);
  if (after <= before || hash == view_.stable_hash()) return;
  if (hash != ledger_.hash() || (ledger_.is_bad() && !is_made_unheard(hash))) {
    note(fmt::format("{}, which is bad or not the present revision, is scaled to {}", hash, after));
    return;
  }
  const int64_t preview = int_at(view_.blue_green(), "previewReplicaCount", view_.replicas());
  const int64_t most = ledger_.may_be_full() ? std::max(preview, view_.replicas()) : preview;
  if (after > most) note(fmt::format("the preview {} is scaled to {} of {}", hash, after, most));
}

/// Who has users, or may have to take them back, keeps its pods; who had some keeps them for a
/// while.
void SafetyWatch::check_blue_green_drain(const std::string& hash, int64_t after) {
  if (hash == view_.selected_by(view_.role().active_service)) {
    if (after < view_.replicas())
      note(fmt::format("{} is scaled to {} and has the users", hash, after));
    return;
  }
  if (hash == view_.stable_hash() && !ledger_.may_be_stable()) {
    if (after < view_.replicas())
      note(fmt::format("{} is scaled to {} and may have to take the users back", hash, after));
    return;
  }
  // It follows the size of the Rollout; and a deadline whose write was lost is none.
  if (after >= view_.replicas() || !mode_.can_act) return;
  const auto used = used_.find(hash);
  const bool is_present = hash == ledger_.hash();
  if (used == used_.end() || (is_present && !ledger_.is_bad())) return;
  const auto abort_delay = delay_at(view_.blue_green(), "abortScaleDownDelaySeconds");
  const auto delay =
      is_present ? abort_delay
                 : std::min(abort_delay, delay_at(view_.blue_green(), "scaleDownDelaySeconds"));
  const Clock& clock = view_.scene().clock();
  const Duration unused = std::max<Duration>(clock.steady_now() - used->second.steady,
                                             clock.system_now() - used->second.wall);
  if (unused < delay) {
    note(fmt::format("{} had users {} s ago, and is scaled to {} before {} s are over", hash,
                     std::chrono::floor<std::chrono::seconds>(unused).count(), after,
                     delay.count()));
  }
}

void SafetyWatch::look_at_users() {
  const std::string active = view_.selected_by(view_.role().active_service);
  const std::string stable = view_.stable_hash();
  const bool can_leave = !active.empty() && active != stable && stable_can_take_over();
  note_lasting("users stay with a revision that has no pods",
               can_leave && active == ledger_.hash() && view_.serving(active) == 0, kUsersLooks);
  note_lasting("users stay with a revision that is replaced", can_leave && active != ledger_.hash(),
               kUsersLooks);
  const std::string preview = view_.role().preview_service;
  note_lasting(
      "the preview does not lead to the present revision",
      !preview.empty() && !ledger_.hash().empty() && view_.selected_by(preview) != ledger_.hash(),
      kServiceLooks);
}

/// What the spec names no longer leads to the stable revision.
void SafetyWatch::look_at_former_services() {
  for (const std::string& service : view_.former_services()) {
    const std::string hash = view_.selected_by(service);
    note_lasting(fmt::format("the former Service {} does not lead to the stable revision", service),
                 !hash.empty() && hash != view_.stable_hash() && stable_can_take_over(),
                 kServiceLooks);
  }
}

}  // namespace sluice::sim
