#include "engine/analysis_runs.h"

#include "engine/reasons.h"
#include "engine/run_creation.h"
#include "engine/run_history.h"
#include "engine/run_search.h"
#include "engine/update_start.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::engine {
namespace {

using crds::AnalysisPhase;

crds::RunStatusRef reference(const AnalysisRun& run) {
  return {run.name, run.phase, run.message};
}

/// Why a run ended as it did, with the value against its limit.
std::string verdict_text(const AnalysisRun& run) {
  const std::string& why = run.message.empty() ? run.name : run.message;
  const bool measured = run.phase == AnalysisPhase::Failed && !run.reading.text.empty();
  return measured ? fmt::format("{}: {}", why, run.reading.text) : why;
}

void pause_for_answer(Draft& draft, const AnalysisRun& run, std::string_view reason,
                      const std::string& text) {
  if (draft.has_pause(reason)) return;
  draft.status.pause_conditions.push_back(
      {std::string(reason), next_whole_second(draft.facts.now())});
  draft.status.controller_pause = true;
  draft.news(kRolloutPaused, fmt::format("Rollout is paused ({}): {} {}", reason, run.name, text),
             {{"analysisRun", run.name}}, Severity::Warning);
}

/// Returns true where the verdict ends the update.
bool judge(Draft& draft, const AnalysisRun& run, std::string_view kind) {
  switch (run.phase) {
    case AnalysisPhase::Failed:
    case AnalysisPhase::Error:
      if (is_question(draft, run.phase)) {
        pause_for_answer(draft, run, kFailedRun, verdict_text(run));
        return false;
      }
      abort_update(draft,
                   fmt::format("{} analysis phase error/failed: {}", kind, verdict_text(run)));
      return true;
    case AnalysisPhase::Inconclusive:
      pause_for_answer(draft, run, kInconclusiveRun, run.message);
      return false;
    case AnalysisPhase::None:
    case AnalysisPhase::Pending:
    case AnalysisPhase::Running:
    case AnalysisPhase::Successful:
      return false;
  }
  return false;
}

void announce_phase(Draft& draft, const RunSlot& slot, const AnalysisRun& run) {
  if (run.phase == AnalysisPhase::None) return;
  const std::optional<crds::RunStatusRef>& before = slot.known;
  const bool same_run = before && before->name == run.name;
  if (same_run && before->status == run.phase) return;
  const bool bad = run.phase == AnalysisPhase::Failed || run.phase == AnalysisPhase::Error;
  const AnalysisPhase previous = same_run ? before->status : AnalysisPhase::None;
  draft.news(
      fmt::format("AnalysisRun{}", crds::to_string(run.phase)),
      fmt::format("{} Analysis Run '{}' Status New: '{}' Previous: '{}'", to_string(slot.type),
                  run.name, crds::to_string(run.phase), crds::to_string(previous)),
      {{"analysisRun", run.name}}, bad ? Severity::Warning : Severity::Normal);
}

/// While aborted the last runs stay in the status, as they are now.
void follow_known_runs(Draft& draft) {
  for (const RunSlot& slot : run_slots(draft)) {
    std::optional<crds::RunStatusRef>& known = slot.place(draft.status);
    for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs)
      if (known && known->name == run.name) known = reference(run);
  }
}

/// The run of that place, created where it is missing and nothing holds it up. The status names it
/// once it is there.
std::optional<crds::RunStatusRef> ensure_run(Draft& draft, const RunSlot& slot) {
  if (slot.analysis == nullptr) {
    const bool over = slot.known && crds::is_completed(slot.known->status);
    return slot.stays && over ? slot.known : std::nullopt;
  }
  if (const AnalysisRun* run = find_run(draft, slot)) return reference(*run);
  if (draft.halted()) return slot.known;
  create_run(draft, slot);
  // One that was answered stays known as answered until the other one is there.
  const bool answered = slot.known && is_question(draft, slot.known->status);
  return answered ? slot.known : std::nullopt;
}

std::set<std::string> named_runs(Draft& draft) {
  std::set<std::string> names;
  for (const RunSlot& slot : run_slots(draft))
    if (const auto& run = slot.place(draft.status)) names.insert(run->name);
  return names;
}

}  // namespace

void judge_runs(Draft& draft) {
  if (draft.course() == Course::Aborted) return;
  // All are found before one of them is judged: a pause for an answer changes what is found.
  std::vector<std::pair<std::string_view, const AnalysisRun*>> found;
  for (const RunSlot& slot : run_slots(draft)) {
    const AnalysisRun* run = slot.analysis == nullptr ? nullptr : find_run(draft, slot);
    if (run == nullptr) continue;
    announce_phase(draft, slot, *run);
    slot.place(draft.status) = reference(*run);
    found.emplace_back(slot.judgement, run);
  }
  for (const auto& [judgement, run] : found)
    if (judge(draft, *run, judgement)) return;
}

void wait_for_answer(Draft& draft) {
  crds::Wait wait{.reason = std::string(kInconclusiveRun),
                  .message = "an analysis run waits for an answer"};
  bool is_step = false;
  for (const RunSlot& slot : run_slots(draft)) {
    const AnalysisRun* run = slot.analysis == nullptr ? nullptr : find_run(draft, slot);
    if (run == nullptr || !is_question(draft, run->phase)) continue;
    const bool inconclusive = run->phase == AnalysisPhase::Inconclusive;
    if (!inconclusive) wait.reason = kFailedRun;
    wait.message = inconclusive
                       ? fmt::format("{} {}", run->name, run->message)
                       : fmt::format("{} is {}: {}; nothing is reverted by itself", run->name,
                                     crds::to_string(run->phase), verdict_text(*run));
    wait.object = {"AnalysisRun", run->name};
    wait.observed = run->reading.observed;
    wait.wanted = run->reading.wanted;
    is_step = slot.step.has_value();
    if (!inconclusive) break;
  }
  wait.message += is_step ? ": promote passes it over, retry asks again, abort reverts"
                          : ": promote or retry asks again, promote --full passes it over, abort "
                            "reverts";
  draft.wait(std::move(wait));
}

void end_runs(Draft& draft) {
  follow_known_runs(draft);
  end_other_runs(draft, {});
}

void plan_runs(Draft& draft) {
  const bool aborted = draft.course() == Course::Aborted;
  if (aborted)
    end_runs(draft);
  else
    for (const RunSlot& slot : run_slots(draft)) slot.place(draft.status) = ensure_run(draft, slot);
  const std::set<std::string> wanted = named_runs(draft);
  if (!aborted) end_other_runs(draft, wanted);
  delete_old_runs(draft, wanted);
}

}  // namespace sluice::engine
