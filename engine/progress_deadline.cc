#include "engine/progress_deadline.h"

#include "engine/conditions.h"
#include "engine/reasons.h"
#include "engine/update_start.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultDeadlineSeconds = 600;

std::chrono::seconds deadline(const Draft& draft) {
  return std::chrono::seconds(
      draft.facts.rollout().spec.progress_deadline_seconds.value_or(kDefaultDeadlineSeconds));
}

/// Pods of every other revision.
int64_t old_pods(const Draft& draft) {
  int64_t sum = 0;
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets) {
    if (&replica_set != draft.facts.fresh) sum += replica_set.replicas;
  }
  return sum;
}

bool at_waiting_step(const Draft& draft) {
  if (!draft.updating() || draft.index() >= draft.facts.step_count()) return false;
  const crds::Step& step = draft.facts.steps()[static_cast<size_t>(draft.index())];
  return std::holds_alternative<crds::PauseStep>(step) ||
         std::holds_alternative<crds::AnalysisStep>(step);
}

}  // namespace

void note_progress(Draft& draft) {
  const crds::RolloutStatus& before = draft.facts.before();
  crds::RolloutStatus& status = draft.status;
  const auto available = static_cast<int32_t>(serving(draft.facts.fresh));
  if (draft.progressed) {
    status.most_available_replicas = available;
  } else if (available > status.most_available_replicas) {
    status.most_available_replicas = available;
    draft.progressed = true;
  }
  if (old_pods(draft) < before.replicas - before.updated_replicas) draft.progressed = true;
  const bool was_invalid = find_condition(before.conditions, kInvalidSpec) != nullptr;
  const bool was_paused = has_reason(before.conditions, kProgressingCondition, kRolloutPaused);
  if (was_invalid || (was_paused && expects_progress(draft))) draft.progressed = true;
}

bool is_complete(const Draft& draft) {
  const Facts& facts = draft.facts;
  if (!draft.promoted || facts.fresh == nullptr) return false;
  if (facts.fresh->replicas != facts.replicas || serving(facts.fresh) < facts.replicas) {
    return false;
  }
  return facts.traffic.routed || old_pods(draft) == 0;
}

bool expects_progress(const Draft& draft) {
  if (draft.aborted() || draft.halted() || at_waiting_step(draft)) return false;
  return !is_complete(draft);
}

bool is_timed_out(const Draft& draft) {
  if (draft.progressed || !expects_progress(draft)) return false;
  const crds::Condition* progressing =
      find_condition(draft.facts.before().conditions, kProgressingCondition);
  // A revision that was once complete does not time out when a pod of it dies later.
  if (progressing == nullptr || progressing->reason == kNewReplicaSetAvailable) return false;
  return progressing->reason == kProgressDeadlineExceeded ||
         draft.facts.now() >= progressing->last_update_time + deadline(draft);
}

void check_deadline(Draft& draft) {
  if (!expects_progress(draft)) return;
  if (!is_timed_out(draft)) {
    const crds::Condition* progressing =
        find_condition(draft.facts.before().conditions, kProgressingCondition);
    const bool counts = !draft.progressed && progressing != nullptr;
    const SystemTime since = counts ? progressing->last_update_time : draft.facts.now();
    draft.wake(next_whole_second(since + deadline(draft)));
    return;
  }
  if (!draft.facts.rollout().spec.progress_deadline_abort || !draft.updating()) return;
  abort_update(draft, fmt::format("progressDeadlineSeconds ({}) exceeded with {} of {} pods of the "
                                  "new revision available",
                                  deadline(draft).count(), serving(draft.facts.fresh),
                                  spec_replicas(draft.facts.fresh)));
  settle_abort(draft);
}

}  // namespace sluice::engine
