#include "engine/status_writer.h"

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/freeze.h"
#include "engine/progress_deadline.h"
#include "engine/reasons.h"
#include "engine/replica_math.h"
#include "engine/waits.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

/// Of the revision that the users have, and nothing else: an autoscaler must not take the pods that
/// stand by for those that work.
void count_active(Draft& draft) {
  const Facts& facts = draft.facts;
  const std::string& hash = facts.serving_service().selector_hash;
  if (hash.empty()) return;
  const ReplicaSet* active = facts.find(hash);
  crds::RolloutStatus& status = draft.status;
  if (active == nullptr) {
    // Its ReplicaSet is gone, and the users are with nobody.
    status.ready_replicas = status.available_replicas = status.hpa_replicas = 0;
    return;
  }
  status.ready_replicas = active->ready_replicas;
  status.available_replicas = active->available_replicas;
  status.hpa_replicas = active->replicas;
  crds::LabelSelector selector = facts.rollout().spec.selector;
  selector.match_labels[std::string(crds::kPodTemplateHashLabel)] = active->hash();
  status.selector = selector.to_string();
}

void write_counts(Draft& draft) {
  crds::RolloutStatus& status = draft.status;
  status.replicas = status.ready_replicas = status.available_replicas = 0;
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets) {
    status.replicas += replica_set.replicas;
    status.ready_replicas += replica_set.ready_replicas;
    status.available_replicas += replica_set.available_replicas;
  }
  const ReplicaSet* current = draft.facts.current;
  status.updated_replicas = current != nullptr ? current->replicas : 0;
  status.hpa_replicas = status.replicas;
  status.selector = draft.facts.rollout().spec.selector.to_string();
  if (draft.facts.conduct.all_at_once) count_active(draft);
  status.current_pod_hash = draft.facts.hash;
  status.current_step_hash = draft.facts.step_hash;
  status.collision_count = draft.facts.collision_count;
  status.observed_generation = std::to_string(draft.facts.rollout().meta.generation);
}

std::string current_name(const Draft& draft) {
  return draft.facts.rollout().meta.name + "-" + draft.facts.hash;
}

/// One condition with the time of this plan.
void set(Draft& draft, std::string_view type, bool value, std::string_view reason,
         std::string message, bool refresh = false) {
  set_condition(draft.status.conditions, type, value, reason, std::move(message),
                whole_seconds(draft.facts.now()), refresh);
}

void write_progressing(Draft& draft) {
  const std::string name = current_name(draft);
  const bool refresh = draft.progressed;
  if (draft.course() == Course::Aborted) {
    set(draft, kProgressingCondition, false, kRolloutAborted, draft.abort_message);
  } else if (draft.halted() || !draft.status.pause_conditions.empty()) {
    set(draft, kProgressingCondition, true, kRolloutPaused, "Rollout is paused", refresh);
  } else if (is_complete(draft)) {
    set(draft, kProgressingCondition, true, kNewReplicaSetAvailable,
        fmt::format("ReplicaSet \"{}\" has successfully progressed.", name));
  } else if (is_timed_out(draft)) {
    if (!has_reason(draft.status.conditions, kProgressingCondition, kProgressDeadlineExceeded)) {
      draft.news(kProgressDeadlineExceeded,
                 fmt::format("ReplicaSet \"{}\" has timed out progressing.", name),
                 {{"replicaSet", name}}, Severity::Warning);
    }
    set(draft, kProgressingCondition, false, kProgressDeadlineExceeded,
        fmt::format("ReplicaSet \"{}\" has timed out progressing.", name));
  } else if (draft.facts.current == nullptr) {
    set(draft, kProgressingCondition, true, kNewReplicaSetCreated,
        fmt::format("Created new replica set \"{}\"", name), refresh);
  } else if (refresh ||
             !has_reason(draft.status.conditions, kProgressingCondition, kNewReplicaSetAvailable)) {
    set(draft, kProgressingCondition, true, kReplicaSetUpdated,
        fmt::format("ReplicaSet \"{}\" is progressing.", name), refresh);
  }
}

void write_available(Draft& draft) {
  const Facts& facts = draft.facts;
  const int64_t needed = facts.replicas - facts.conduct.limits.max_unavailable;
  const bool available = draft.status.available_replicas >= needed;
  set(draft, kAvailableCondition, available, kAvailable,
      available ? "Rollout has minimum availability"
                : "Rollout does not have minimum availability");
}

void write_paused(Draft& draft) {
  const bool paused = draft.facts.rollout().spec.paused || !draft.status.pause_conditions.empty();
  const bool known = find_condition(draft.status.conditions, kPausedCondition) != nullptr;
  if (!paused && !known) return;
  set(draft, kPausedCondition, paused, paused ? kRolloutPaused : kRolloutResumed,
      paused ? "Rollout is paused" : "Rollout is resumed");
}

void write_completed(Draft& draft) {
  if (draft.promoted) {
    set(draft, kCompletedCondition, true, kRolloutCompleted, "RolloutCompleted");
    return;
  }
  set(draft, kCompletedCondition, false, kRolloutNotCompleted,
      fmt::format("Rollout not completed, started update to revision {} with hash {}",
                  draft.facts.revision, draft.facts.hash));
}

void write_healthy(Draft& draft) {
  const bool healthy = is_complete(draft) && !draft.facts.rollout().spec.paused;
  set(draft, kHealthyCondition, healthy, kRolloutHealthy,
      healthy ? "Rollout is healthy" : "Rollout is not healthy");
}

void write_replica_failure(Draft& draft) {
  const auto& sets = draft.facts.snapshot->replica_sets;
  const auto failing = std::find_if(sets.begin(), sets.end(),
                                    [](const ReplicaSet& rs) { return !rs.failure.empty(); });
  if (failing == sets.end()) {
    remove_condition(draft.status.conditions, kReplicaFailureCondition);
    return;
  }
  set(draft, kReplicaFailureCondition, true, kReplicaSetCreateError,
      failing->name + ": " + failing->failure);
}

/// Whom its users have instead, and what a person can do about it in this state.
crds::Wait for_lost_stable(const Draft& draft) {
  const Facts& facts = draft.facts;
  const std::string name = facts.rollout().meta.name + "-" + facts.stable_hash;
  const bool answered = serving(facts.current) > 0;
  const std::string users =
      answered
          ? fmt::format("its users have revision {}, which nobody has let through", facts.revision)
          : fmt::format("revision {} has no pod for its users, either", facts.revision);
  const std::string_view way_on = draft.course() == Course::Aborted
                                      ? "retry and then promote --full this one"
                                      : "promote this one, step by step or with --full";
  return {
      .reason = std::string(kStableLacksCapacity),
      .message = fmt::format("the ReplicaSet of the stable revision, {}, is gone; {}: release the "
                             "stable revision again, or {}",
                             name, users, way_on),
      .object = {"ReplicaSet", name}};
}

/// What no step waits for: a pause holds also who has no update, and a revision that carries the
/// traffic waits for its pods all the same.
void explain_rest(Draft& draft) {
  const Facts& facts = draft.facts;
  if (facts.rollout().spec.paused && draft.course() != Course::Aborted)
    draft.wait(kPausedByUser, facts.conduct.all_at_once
                                  ? "spec.paused is set: nobody is switched to another revision"
                                  : "spec.paused is set: no step ends and no weight is raised");
  if (facts.stable_lost && !draft.promoted) draft.wait(for_lost_stable(draft));
  if (!draft.promoted || is_complete(draft)) return;
  if (serving(facts.current) < facts.replicas)
    draft.wait(for_pods(facts, facts.current, facts.replicas));
  else if (draft.waits.empty())
    draft.wait(kWaitingForOldPods, "pods that are not wanted any more are still there");
}

/// An update that nothing but a person lets go on.
bool waits_for_person(const Draft& draft) {
  if (draft.promoted || draft.course() == Course::Aborted) return false;
  return std::ranges::any_of(draft.waits, [](const crds::Wait& wait) {
    return wait.reason == kWaitingForPromotion || wait.reason == kPausedByUser ||
           wait.reason == kInconclusiveRun || wait.reason == kFailedRun;
  });
}

void write_duration(Draft& draft) {
  draft.status.duration =
      follow_duration(draft.facts.before().duration, {.begun = draft.begun,
                                                      .ended = draft.completion,
                                                      .waits_for_person = waits_for_person(draft),
                                                      .now = draft.facts.now()});
}

}  // namespace

void write_status(Draft& draft) {
  write_counts(draft);
  write_available(draft);
  write_progressing(draft);
  write_paused(draft);
  write_completed(draft);
  write_healthy(draft);
  write_replica_failure(draft);
  show_freeze(*draft.facts.snapshot, draft.status);
  explain_rest(draft);
  write_duration(draft);
  show_waits(draft.facts.rollout(), draft.waits, draft.facts.now(), draft.status);
}

}  // namespace sluice::engine
