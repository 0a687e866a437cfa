#include "engine/plan.h"

#include "crds/names.h"
#include "engine/analysis_runs.h"
#include "engine/blue_green/blue_green.h"
#include "engine/canary/canary.h"
#include "engine/conditions.h"
#include "engine/draft.h"
#include "engine/former_routing.h"
#include "engine/invalid_spec.h"
#include "engine/progress_deadline.h"
#include "engine/reasons.h"
#include "engine/replica_set_plan.h"
#include "engine/restart.h"
#include "engine/status_writer.h"
#include "engine/update_start.h"

#include <algorithm>
#include <variant>

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

Plan finish(Draft& draft) {
  const TrafficNow& traffic = draft.facts.traffic;
  if ((traffic.routed && traffic.pending) || traffic.former_pending)
    draft.wake(draft.facts.now() + kVerifyInterval);
  Plan plan{.status = std::move(draft.status),
            .actions = std::move(draft.actions),
            .wake_after = std::nullopt,
            .reasons = std::move(draft.reasons),
            .pods_of = std::move(draft.pods_of),
            .needs_trial = draft.facts.needs_trial};
  if (draft.wake_at) plan.wake_after = std::max(*draft.wake_at - draft.facts.now(), kShortestWait);
  return plan;
}

/// What each strategy adds to the stages that all of them share.
struct Stages {
  using Stage = void (*)(Draft& draft);

  Stage advance = nullptr;         ///< How far the update has come, and whether it is done.
  Stage collect = nullptr;         ///< Traffic, Services and ReplicaSets.
  Stage collect_return = nullptr;  ///< The same for an abort under a spec that is not trusted.
  Stage leave_dark = nullptr;      ///< Traffic leaves who cannot answer, whatever the spec says.
};

struct StagesOf {
  Stages operator()(const std::monostate& /*none*/) const { return {}; }

  Stages operator()(const crds::CanaryStrategy& /*strategy*/) const {
    return {canary::advance, canary::collect, canary::collect_return, canary::leave_dark};
  }

  Stages operator()(const crds::BlueGreenStrategy& /*strategy*/) const {
    return {blue_green::advance, blue_green::collect, blue_green::collect_return,
            blue_green::leave_dark};
  }
};

Stages stages_of(const Snapshot& snapshot) {
  return std::visit(StagesOf{}, snapshot.rollout.spec.strategy);
}

void decide(Draft& draft, const Stages& stages) {
  start_update(draft);
  take_fast_track(draft);
  judge_runs(draft);
  settle_abort(draft);
  stages.advance(draft);
  note_progress(draft);
  check_deadline(draft);
}

/// What is done whatever the spec says: an abort, by a person or by a verdict, takes the traffic
/// back, and who has no Service or pods to answer with gets none. Nothing where neither is to be
/// done.
std::optional<Plan> plan_retreat(const Snapshot& snapshot) {
  const Stages stages = stages_of(snapshot);
  if (stages.advance == nullptr || snapshot.rollout.status.current_pod_hash.empty())
    return std::nullopt;
  const Facts facts = read_facts(snapshot, Current::FromStatus);
  Draft decided(facts);
  decide(decided, stages);
  if (decided.course() == Course::Aborted) {
    stages.collect_return(decided);
    end_runs(decided);
    note_former_weight(decided);
    write_status(decided);
    return finish(decided);
  }
  Draft dark(facts);
  stages.leave_dark(dark);
  if (dark.actions.empty()) return std::nullopt;
  return finish(dark);
}

/// Nobody knows yet whether the spec's template is a new revision, or one that is there.
Plan plan_untried(const Facts& facts) {
  Plan still = plan_retreat(*facts.snapshot).value_or(Plan{.status = facts.before()});
  // An abort is no answer to what was released since.
  still.status.observed_generation = facts.before().observed_generation;
  still.needs_trial = true;
  still.trial = current_replica_set(Draft(facts), 0);
  return still;
}

Plan plan_valid(const Snapshot& snapshot) {
  const Facts facts = read_facts(snapshot, Current::FromSpec);
  if (facts.needs_trial && snapshot.trial.state == TemplateTrial::State::Open)
    return plan_untried(facts);
  const Stages stages = stages_of(snapshot);
  Draft draft(facts);
  decide(draft, stages);
  stages.collect(draft);
  plan_runs(draft);
  plan_overlays(draft);
  plan_history(draft);
  plan_annotations(draft);
  plan_restart(draft);
  record_routings(draft);
  remove_condition(draft.status.conditions, kInvalidSpec);
  write_status(draft);
  return finish(draft);
}

/// A spec that cannot be planned stands still, but for a retreat.
Plan plan_invalid(const Snapshot& snapshot, const crds::FieldProblems& problems) {
  std::optional<Plan> retreat = plan_retreat(snapshot);
  const bool stands = !retreat;
  Plan still = stands ? Plan{.status = snapshot.rollout.status} : *std::move(retreat);
  if (stands) still.status.waiting_for.clear();
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
  if (problems.empty() && std::holds_alternative<std::monostate>(spec.strategy))
    problems.push_back({"spec.strategy", "Required value"});
  return problems;
}

Plan plan(const Snapshot& snapshot) {
  if (snapshot.rollout.meta.deletion_timestamp) return {.status = snapshot.rollout.status};
  const crds::FieldProblems problems = problems_of(snapshot);
  if (!problems.empty()) return plan_invalid(snapshot, problems);
  return plan_valid(snapshot);
}

}  // namespace sluice::engine
