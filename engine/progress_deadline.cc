#include "engine/progress_deadline.h"

#include "engine/analysis_runs.h"
#include "engine/conditions.h"
#include "engine/reasons.h"
#include "engine/update_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultDeadlineSeconds = 600;

std::chrono::seconds deadline(const Draft& draft) {
  return std::chrono::seconds(
      draft.facts.rollout().spec.progress_deadline_seconds.value_or(kDefaultDeadlineSeconds));
}

bool is_running(const std::optional<crds::RunStatusRef>& run) {
  return run && !crds::is_completed(run->status);
}

/// Pods of every other revision.
int64_t old_pods(const Draft& draft) {
  int64_t sum = 0;
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets)
    if (&replica_set != draft.facts.current) sum += replica_set.replicas;
  return sum;
}

int64_t all_available(const Draft& draft) {
  int64_t sum = 0;
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets)
    sum += replica_set.available_replicas;
  return sum;
}

/// When the deadline passes; nothing where it does not count.
std::optional<SystemTime> deadline_at(const Draft& draft) {
  if (!expects_progress(draft)) return std::nullopt;
  const crds::Condition* progressing =
      find_condition(draft.facts.before().conditions, kProgressingCondition);
  if (draft.progressed || progressing == nullptr) return draft.facts.now() + deadline(draft);
  // A revision that was once complete does not time out when a pod of it dies later.
  if (progressing->reason == kNewReplicaSetAvailable) return std::nullopt;
  return progressing->last_update_time + deadline(draft);
}

}  // namespace

// Progress is more pods than there ever were: with 600 s, 3 available pods after 100 s move the
// deadline to 700 s; 3 that become 2 and 3 again move nothing, so that a crash loop comes to its
// end.
void note_progress(Draft& draft) {
  const crds::RolloutStatus& before = draft.facts.before();
  crds::RolloutStatus& status = draft.status;
  const auto available = static_cast<int32_t>(serving(draft.facts.current));
  if (draft.progressed) {
    status.most_available_replicas = available;
  } else if (available > status.most_available_replicas) {
    // Argo's own CRD drops the field: there the sum of all revisions must tell.
    const bool remembered = before.most_available_replicas > 0;
    const bool counted = !draft.facts.conduct.all_at_once;
    draft.progressed = remembered || (counted && all_available(draft) > before.available_replicas);
    status.most_available_replicas = available;
  }
  if (old_pods(draft) < before.replicas - before.updated_replicas) draft.progressed = true;
  const bool was_invalid = find_condition(before.conditions, kInvalidSpec) != nullptr;
  const bool was_paused = has_reason(before.conditions, kProgressingCondition, kRolloutPaused);
  // No time counts during an analysis step; the status has its run until the step is left, also
  // where a person skips it.
  const bool was_judged = before.canary.current_step_analysis_run.has_value() ||
                          is_running(before.blue_green.pre_promotion_analysis_run) ||
                          is_running(before.blue_green.post_promotion_analysis_run);
  const bool waited = was_paused || was_judged;
  const crds::Condition* progressing = find_condition(before.conditions, kProgressingCondition);
  // The clock was set back: counting starts anew.
  if (progressing != nullptr && progressing->last_update_time > draft.facts.now())
    draft.progressed = true;
  if (was_invalid || (waited && expects_progress(draft))) draft.progressed = true;
}

bool is_complete(const Draft& draft) {
  const Facts& facts = draft.facts;
  if (!draft.promoted || facts.current == nullptr) return false;
  if (facts.current->replicas != facts.replicas || serving(facts.current) < facts.replicas)
    return false;
  return facts.conduct.keeps_old_pods || old_pods(draft) == 0;
}

bool expects_progress(const Draft& draft) {
  if (draft.course() == Course::Aborted || draft.halted() || draft.stands_by_design) return false;
  return !is_complete(draft);
}

bool is_timed_out(const Draft& draft) {
  const std::optional<SystemTime> at = deadline_at(draft);
  if (!at) return false;
  const bool was_timed_out =
      has_reason(draft.facts.before().conditions, kProgressingCondition, kProgressDeadlineExceeded);
  return (was_timed_out && !draft.progressed) || draft.facts.now() >= *at;
}

void check_deadline(Draft& draft) {
  const std::optional<SystemTime> at = deadline_at(draft);
  if (!at) return;
  if (!is_timed_out(draft)) return draft.wake(next_whole_second(*at));
  // Whoever fled from the stable revision does not want to be sent back to it.
  if (draft.course() == Course::Returning) return;
  if (!draft.facts.rollout().spec.progress_deadline_abort || !is_underway(draft.course())) return;
  abort_update(draft, fmt::format("progressDeadlineSeconds ({}) exceeded with {} of {} pods of "
                                  "revision {} available",
                                  deadline(draft).count(), serving(draft.facts.current),
                                  spec_replicas(draft.facts.current), draft.facts.revision));
  settle_abort(draft);
}

}  // namespace sluice::engine
