#include "engine/plan.h"

#include "crds/names.h"
#include "engine/analysis_runs.h"
#include "engine/conditions.h"
#include "engine/draft.h"
#include "engine/former_routing.h"
#include "engine/invalid_spec.h"
#include "engine/progress_deadline.h"
#include "engine/reasons.h"
#include "engine/replica_set_plan.h"
#include "engine/routed_canary.h"
#include "engine/services_plan.h"
#include "engine/status_writer.h"
#include "engine/step_progress.h"
#include "engine/traffic_plan.h"
#include "engine/update_start.h"

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr Duration kShortestWait = std::chrono::milliseconds(1);
/// Routers that confirm late are asked again this often, besides their objects being watched.
constexpr Duration kVerifyInterval = std::chrono::seconds(10);

void annotate(const Draft& draft, AnnotateRollout& change, std::string_view key,
              std::optional<std::string> value) {
  const StringMap& annotations = draft.facts.rollout().meta.annotations;
  const auto found = annotations.find(key);
  const bool same = found == annotations.end() ? !value : value && *value == found->second;
  if (!same) change.annotations.emplace(key, std::move(value));
}

/// The revision number; and requests and reasons that a new revision made obsolete. A request to
/// return stays until then: a second one, of a worried person, finds that it is done.
void plan_annotations(Draft& draft) {
  const Facts& facts = draft.facts;
  AnnotateRollout change;
  annotate(draft, change, crds::kRevisionAnnotation, std::to_string(facts.revision));
  const std::string target = facts.rollout().meta.annotation(crds::kRollbackToAnnotation);
  if (!target.empty() && target != facts.hash)
    annotate(draft, change, crds::kRollbackToAnnotation, std::nullopt);
  const bool superseded = facts.template_changed && !facts.before().current_pod_hash.empty();
  if (superseded) annotate(draft, change, crds::kAbortReasonAnnotation, std::nullopt);
  if (!change.annotations.empty()) draft.act(std::move(change));
}

void decide(Draft& draft) {
  start_update(draft);
  take_fast_track(draft);
  judge_runs(draft);
  settle_abort(draft);
  advance_steps(draft);
  promote_when_done(draft);
  note_progress(draft);
  check_deadline(draft);
}

void collect_actions(Draft& draft) {
  plan_traffic(draft);
  plan_services(draft);
  plan_replica_sets(draft);
  plan_runs(draft);
  plan_history(draft);
  plan_annotations(draft);
  record_routings(draft);
}

Plan finish(Draft& draft) {
  const TrafficNow& traffic = draft.facts.traffic;
  if ((traffic.routed && traffic.pending) || traffic.former_pending)
    draft.wake(draft.facts.now() + kVerifyInterval);
  Plan plan{.status = std::move(draft.status),
            .actions = std::move(draft.actions),
            .wake_after = std::nullopt,
            .reasons = std::move(draft.reasons)};
  if (draft.wake_at) plan.wake_after = std::max(*draft.wake_at - draft.facts.now(), kShortestWait);
  return plan;
}

Plan plan_canary(const Snapshot& snapshot) {
  const Facts facts = read_facts(snapshot, Current::FromSpec);
  Draft draft(facts);
  decide(draft);
  collect_actions(draft);
  tell_ignored_fields(draft);
  remove_condition(draft.status.conditions, kInvalidSpec);
  write_status(draft);
  return finish(draft);
}

/// What a spec that is not trusted still leads to.
void collect_return(Draft& draft) {
  plan_traffic(draft);
  plan_services(draft);
  plan_return(draft);
  end_runs(draft);
  note_former_weight(draft);
}

/// The canary has weight, and no Service or no pod to answer with.
bool is_canary_dark(const Facts& facts) {
  if (!facts.traffic.known || facts.traffic.most == 0) return false;
  const std::string& service = facts.canary->canary_service;
  return service.empty() ? serving(carrier(facts)) == 0 : is_dark(facts, facts.service(service));
}

/// A spec that cannot be planned stands still, with two exceptions: an abort, by a person or by a
/// verdict, takes the traffic back, and a canary whose Service or pods are gone gets none.
Plan plan_invalid(const Snapshot& snapshot, const crds::FieldProblems& problems) {
  const crds::RolloutStatus& before = snapshot.rollout.status;
  Plan still{.status = before};
  still.status.waiting_for.clear();
  if (snapshot.rollout.spec.canary() && !before.current_pod_hash.empty()) {
    const Facts facts = read_facts(snapshot, Current::FromStatus);
    Draft decided(facts);
    decide(decided);
    if (decided.course() == Course::Aborted) {
      collect_return(decided);
      write_status(decided);
      still = finish(decided);
    } else if (is_canary_dark(facts)) {
      Draft dark(facts);
      plan_traffic(dark);
      still = finish(dark);
    } else if (is_former_dark(facts)) {
      Draft dark(facts);
      plan_former_traffic(dark);
      still = finish(dark);
    }
  }
  show_invalid_spec(snapshot, problems, still);
  return still;
}

}  // namespace

crds::FieldProblems problems_of(const Snapshot& snapshot) {
  const crds::RolloutSpec& spec = snapshot.rollout.spec;
  crds::FieldProblems problems = snapshot.problems;
  const crds::FieldProblems unsupported = unsupported_parts(spec);
  problems.insert(problems.end(), unsupported.begin(), unsupported.end());
  if (problems.empty() && !spec.pod_template)
    problems.push_back({"spec.template", "Required value"});
  if (problems.empty() && !spec.canary()) problems.push_back({"spec.strategy", "Required value"});
  return problems;
}

Plan plan(const Snapshot& snapshot) {
  if (snapshot.rollout.meta.deletion_timestamp) return {.status = snapshot.rollout.status};
  const crds::FieldProblems problems = problems_of(snapshot);
  if (!problems.empty()) return plan_invalid(snapshot, problems);
  return plan_canary(snapshot);
}

}  // namespace sluice::engine
