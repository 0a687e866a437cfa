#include "engine/update_start.h"

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "engine/restart.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

/// What lies ahead by more is of a clock that was set back.
constexpr Duration kNearAborts = std::chrono::minutes(1);

/// The target is an older revision, and fewer revisions than the window allows lie between it and
/// the stable one. Creation times tell the order, as a return to a revision gives it a new number.
bool is_within_rollback_window(const Facts& facts) {
  const auto window = facts.rollout().spec.rollback_window_revisions;
  if (!window || facts.current == nullptr || facts.stable == nullptr) return false;
  const SystemTime from = facts.current->created_at;
  const SystemTime to = facts.stable->created_at;
  if (from >= to) return false;
  const auto between = std::count_if(
      facts.others.begin(), facts.others.end(),
      [&](const ReplicaSet* rs) { return from < rs->created_at && rs->created_at < to; });
  return between < *window;
}

/// The pods of a revision that was stable are all still there, as its scale-down delay is not over,
/// and the way to it leads back: to an older one. A newer one that somebody went back from stands
/// by as well, and an aborted one has a delay too, but nothing speaks for either.
bool stands_by(const Facts& facts) {
  const bool leads_back = facts.current != nullptr && facts.stable != nullptr &&
                          facts.current->created_at < facts.stable->created_at;
  return facts.conduct.all_at_once && leads_back && facts.replicas > 0 &&
         !facts.current->annotation(crds::kPromotedAtAnnotation).empty() &&
         !facts.current->annotation(crds::kScaleDownDeadlineAnnotation).empty() &&
         serving(facts.current) >= facts.replicas;
}

void announce(Draft& draft) {
  const Facts& facts = draft.facts;
  const std::string number = std::to_string(facts.revision);
  const StringMap params{{"revision", number}, {"hash", facts.hash}};
  draft.news(kRolloutUpdated, "Rollout updated to revision " + number, params);
  draft.news(kRolloutNotCompleted,
             fmt::format("Rollout not completed, started update to revision {} with hash {}",
                         number, facts.hash),
             params);
}

/// Who brings a cluster back from a backup, or has lost a ReplicaSet, shall read what became of it.
void announce_found(Draft& draft) {
  const Facts& facts = draft.facts;
  if (facts.stable_evidence.empty() || facts.stable == nullptr) return;
  const std::string_view why = facts.before().stable_rs.empty()
                                   ? "The status does not say which revision is stable"
                                   : "The ReplicaSet of the stable revision is gone";
  draft.news(kStableRevisionFound,
             fmt::format("{}; {} (revision {}) is the stable one: {}", why, facts.stable->name,
                         facts.stable->revision(), facts.stable_evidence),
             {{"replicaSet", facts.stable->name}}, Severity::Warning);
}

void forget_former_update(crds::RolloutStatus& status) {
  status.aborted_at.reset();
  status.pause_conditions.clear();
  status.controller_pause = false;
  status.promote_full = false;
  status.canary.current_step_analysis_run.reset();
  status.canary.current_background_analysis_run.reset();
  status.blue_green = {};
  status.most_available_replicas = 0;
}

/// An attempt is told from others by the moment of the abort before it, in whole seconds: of
/// several aborts in one second each has a later one.
SystemTime moment_of_abort(const Facts& facts) {
  const SystemTime now = whole_seconds(facts.now());
  const std::optional<SystemTime>& last = facts.before().aborted_at;
  const bool is_too_near = last && *last >= now && *last - now < kNearAborts;
  return is_too_near ? *last + std::chrono::seconds(1) : now;
}

/// An abort that nobody has answered, where nothing was under way, is about what was released with
/// it: before the controller came to look at either.
bool is_aborted_at_once(const Facts& facts) {
  const crds::RolloutStatus& before = facts.before();
  const bool at_rest = facts.stable != nullptr && before.current_pod_hash == facts.stable_hash;
  return before.abort && !before.aborted_at && at_rest && facts.template_changed;
}

void skip_steps(Draft& draft, std::string why) {
  draft.set_index(draft.facts.step_count());
  draft.news(kSkipSteps, std::move(why), {{"hash", draft.facts.hash}});
}

std::string rollback_target(const Facts& facts) {
  return facts.rollout().meta.annotation(crds::kRollbackToAnnotation);
}

bool was_aborted(const Facts& facts) {
  return has_reason(facts.before().conditions, kProgressingCondition, kRolloutAborted);
}

std::string abort_sentence(const Facts& facts, const std::string& why) {
  const std::string sentence = fmt::format("Rollout aborted update to revision {}", facts.revision);
  return why.empty() ? sentence : sentence + ": " + why;
}

/// A person's reason may arrive after the abort itself: they are two writes.
std::string continued_abort_message(const Facts& facts) {
  const std::string reason = facts.rollout().meta.annotation(crds::kAbortReasonAnnotation);
  const std::string plain = abort_sentence(facts, "");
  const crds::Condition* before = find_condition(facts.before().conditions, kProgressingCondition);
  if (before == nullptr || before->message == plain) return abort_sentence(facts, reason);
  return before->message;
}

}  // namespace

void start_update(Draft& draft) {
  const Facts& facts = draft.facts;
  announce_found(draft);
  if (!facts.template_changed && !facts.steps_changed) return;
  if (facts.template_changed) {
    announce(draft);
    outdate_restart(draft);
  }
  forget_former_update(draft.status);
  draft.status.abort = is_aborted_at_once(facts);
  draft.status.current_pod_hash = facts.hash;
  draft.status.current_step_hash = facts.step_hash;
  draft.progressed = true;
  draft.begun = !facts.is_stable();
  if (facts.is_stable() && facts.template_changed) draft.completion = Completion::FastRolledBack;
  draft.set_index(0);
  if (facts.is_stable() && !facts.template_changed) {
    draft.set_index(facts.step_count());  // Other steps for the next update; nothing goes back.
  } else if (facts.is_stable()) {
    skip_steps(draft, "Rollback to stable ReplicaSets");
  } else if (is_within_rollback_window(facts)) {
    draft.status.promote_full = true;
    skip_steps(draft, "Rollback to a revision within the rollback window");
  } else if (stands_by(facts)) {
    draft.status.promote_full = true;
    skip_steps(draft, "Rollback to a revision whose pods stand by");
  }
}

void take_fast_track(Draft& draft) {
  const Facts& facts = draft.facts;
  if (!is_underway(draft.course())) {
    draft.status.promote_full = false;
    return;
  }
  if (!draft.status.promote_full && rollback_target(facts) == facts.hash) {
    draft.status.promote_full = true;
    skip_steps(draft, fmt::format("Rollback to revision {} without steps", facts.revision));
  }
  if (!draft.status.promote_full) return;
  draft.set_index(facts.step_count());
  draft.status.pause_conditions.clear();
  draft.status.controller_pause = false;
}

void abort_update(Draft& draft, const std::string& why) {
  const Facts& facts = draft.facts;
  draft.status.abort = true;
  draft.status.aborted_at = moment_of_abort(facts);
  draft.abort_message = abort_sentence(facts, why);
  draft.completion = Completion::Aborted;
  draft.progressed = true;
  draft.news(kRolloutAborted, draft.abort_message,
             {{"revision", std::to_string(facts.revision)}, {"hash", facts.hash}, {"why", why}},
             Severity::Warning);
}

void settle_abort(Draft& draft) {
  const Facts& facts = draft.facts;
  crds::RolloutStatus& status = draft.status;
  if (is_alone(draft.course())) {
    // There is nothing to go back to.
    status.abort = false;
    status.aborted_at.reset();
  }
  if (!status.abort) {
    const bool retried = was_aborted(facts) && !draft.progressed && is_underway(draft.course());
    if (!retried) return;
    draft.set_index(0);
    draft.progressed = true;
    draft.begun = true;
    draft.news(kRolloutRetry, fmt::format("Retrying update to revision {}", facts.revision),
               {{"revision", std::to_string(facts.revision)}});
    return;
  }
  if (draft.abort_message.empty()) {
    if (was_aborted(facts) && status.aborted_at)
      draft.abort_message = continued_abort_message(facts);
    else
      abort_update(draft, facts.rollout().meta.annotation(crds::kAbortReasonAnnotation));
  }
  draft.set_index(0);
  status.pause_conditions.clear();
  status.controller_pause = false;
  status.promote_full = false;
  status.blue_green.scale_up_preview_check_point = false;
}

}  // namespace sluice::engine
