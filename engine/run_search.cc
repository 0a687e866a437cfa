#include "engine/run_search.h"

#include "crds/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace sluice::engine {
namespace {

using crds::AnalysisPhase;

bool is_known(const AnalysisRun& run, const RunSlot& slot) {
  return slot.known && slot.known->name == run.name;
}

/// Runs of another engine have no attempt: those that the status names count, unless they are older
/// than the abort that was retried.
bool is_of_attempt(const Draft& draft, const AnalysisRun& run, const RunSlot& slot) {
  const std::string of_run = run.annotation(crds::kAttemptAnnotation);
  if (!of_run.empty()) return of_run == attempt(draft);
  if (!is_known(run, slot)) return false;
  return !draft.status.aborted_at || run.created_at > *draft.status.aborted_at;
}

/// Before this plan, which may ask about another run.
bool was_asked(const Draft& draft) {
  return std::ranges::any_of(draft.facts.before().pause_conditions,
                             &crds::PauseCondition::is_question);
}

/// A run that led to a pause for an answer which somebody ended: another run shall tell.
bool is_answered(const Draft& draft, const AnalysisRun& run, const RunSlot& slot) {
  return is_question(draft, run.phase) && is_known(run, slot) && slot.known->status == run.phase &&
         !was_asked(draft);
}

/// Told to end before the status named it, or since it no longer does: it says nothing in full.
bool is_given_up(const AnalysisRun& run, const RunSlot& slot) {
  return run.terminate && !is_known(run, slot);
}

bool is_in_place(const Draft& draft, const AnalysisRun& run, const RunSlot& slot) {
  const bool same_step =
      !slot.step || run.label(crds::kStepIndexLabel) == std::to_string(*slot.step);
  return !run.deleting && same_step && run.label(crds::kRolloutTypeLabel) == to_string(slot.type) &&
         run.label(crds::kPodTemplateHashLabel) == draft.facts.hash &&
         is_of_attempt(draft, run, slot) && !is_given_up(run, slot);
}

/// Of two runs in one place the one that still measures is later, whatever a clock that was set
/// back says of their making; of those made in the same second the one with the longer name.
bool is_later(const AnalysisRun& than, const AnalysisRun& run) {
  const auto order = [](const AnalysisRun& of) {
    return std::tuple(!crds::is_completed(of.phase), of.created_at, of.name.size(), of.name);
  };
  return order(run) > order(than);
}

}  // namespace

bool is_question(const Draft& draft, AnalysisPhase phase) {
  const bool bad = phase == AnalysisPhase::Failed || phase == AnalysisPhase::Error;
  const bool held = draft.facts.rollout().spec.on_failure == crds::OnFailure::Pause;
  return phase == AnalysisPhase::Inconclusive || (bad && held);
}

std::string attempt(const Draft& draft) {
  const auto aborted_at = draft.status.aborted_at.value_or(SystemTime{});
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(aborted_at.time_since_epoch()).count();
  return fmt::format("{}.{}.{}", draft.facts.revision, draft.facts.step_hash, seconds);
}

bool has_begun(const Draft& draft, const RunSlot& slot) {
  const auto& runs = draft.facts.snapshot->analysis_runs;
  return std::ranges::any_of(runs, [&](const auto& run) { return is_in_place(draft, run, slot); });
}

// An answer is about all that was asked until then: earlier runs are no questions any more.
const AnalysisRun* find_run(const Draft& draft, const RunSlot& slot) {
  const AnalysisRun* newest = nullptr;
  const AnalysisRun* answered = nullptr;
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    if (!is_in_place(draft, run, slot)) continue;
    if (is_answered(draft, run, slot))
      answered = &run;
    else if (is_known(run, slot))
      return &run;
    else if (newest == nullptr || is_later(*newest, run))
      newest = &run;
  }
  const bool is_asked = newest != nullptr && (answered == nullptr || is_later(*answered, *newest));
  return is_asked ? newest : nullptr;
}

}  // namespace sluice::engine
