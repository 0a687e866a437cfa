#include "engine/analysis_runs.h"

#include "crds/names.h"
#include "engine/reasons.h"
#include "engine/update_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sluice::engine {
namespace {

using crds::AnalysisPhase;

/// Which run is looked for.
struct Wanted {
  AnalysisType type = AnalysisType::Step;
  std::optional<int32_t> step;
  std::optional<crds::RunStatusRef> known;  ///< As the status of this update had it before.
};

bool starts_over(const Draft& draft) {
  return draft.facts.template_changed || draft.facts.steps_changed;
}

Wanted wanted_step(const Draft& draft, int32_t index) {
  if (starts_over(draft)) return {AnalysisType::Step, index, std::nullopt};
  return {AnalysisType::Step, index, draft.facts.before().canary.current_step_analysis_run};
}

Wanted wanted_background(const Draft& draft) {
  if (starts_over(draft)) return {AnalysisType::Background, std::nullopt, std::nullopt};
  return {AnalysisType::Background, std::nullopt,
          draft.facts.before().canary.current_background_analysis_run};
}

std::string attempt(const Draft& draft) {
  const auto aborted_at = draft.status.aborted_at.value_or(SystemTime{});
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(aborted_at.time_since_epoch()).count();
  return fmt::format("{}.{}.{}", draft.facts.revision, draft.facts.step_hash, seconds);
}

bool is_known(const AnalysisRun& run, const Wanted& wanted) {
  return wanted.known && wanted.known->name == run.name;
}

/// Runs of another engine have no attempt: those that the status names count, unless they are older
/// than the abort that was retried.
bool is_of_attempt(const Draft& draft, const AnalysisRun& run, const Wanted& wanted) {
  const std::string of_run = run.annotation(crds::kAttemptAnnotation);
  if (!of_run.empty()) return of_run == attempt(draft);
  if (!is_known(run, wanted)) return false;
  return !draft.status.aborted_at || run.created_at > *draft.status.aborted_at;
}

/// An inconclusive run that led to a pause which somebody ended: another run shall answer.
bool is_answered(const Draft& draft, const AnalysisRun& run, const Wanted& wanted) {
  return run.phase == AnalysisPhase::Inconclusive && is_known(run, wanted) &&
         wanted.known->status == AnalysisPhase::Inconclusive && !draft.has_pause(kInconclusiveRun);
}

/// Told to end before the status named it, or since it no longer does: it says nothing in full.
bool is_given_up(const AnalysisRun& run, const Wanted& wanted) {
  return run.terminate && !is_known(run, wanted);
}

bool is_candidate(const Draft& draft, const AnalysisRun& run, const Wanted& wanted) {
  const bool same_step =
      !wanted.step || run.label(crds::kStepIndexLabel) == std::to_string(*wanted.step);
  return !run.deleting && same_step &&
         run.label(crds::kRolloutTypeLabel) == to_string(wanted.type) &&
         run.label(crds::kPodTemplateHashLabel) == draft.facts.hash &&
         is_of_attempt(draft, run, wanted) && !is_given_up(run, wanted) &&
         !is_answered(draft, run, wanted);
}

/// The run that the status names, else the newest one that is not inconclusive.
const AnalysisRun* find_run(const Draft& draft, const Wanted& wanted) {
  const AnalysisRun* newest = nullptr;
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    if (!is_candidate(draft, run, wanted)) continue;
    if (is_known(run, wanted)) return &run;
    if (run.phase == AnalysisPhase::Inconclusive) continue;
    if (newest == nullptr || run.created_at > newest->created_at) newest = &run;
  }
  return newest;
}

bool runs_analysis(const Draft& draft) {
  return is_underway(draft.course()) && !draft.status.promote_full && draft.facts.fresh != nullptr;
}

bool needs_background(const Draft& draft) {
  const auto& background = draft.facts.canary->analysis;
  return background && runs_analysis(draft) && draft.index() >= background->starting_step;
}

const crds::AnalysisStep* analysis_step(const Draft& draft, int32_t index) {
  if (!runs_analysis(draft) || index >= draft.facts.step_count()) return nullptr;
  return std::get_if<crds::AnalysisStep>(&draft.facts.steps()[static_cast<size_t>(index)]);
}

std::optional<crds::RunStatusRef> reference(const AnalysisRun* run) {
  if (run == nullptr) return std::nullopt;
  return crds::RunStatusRef{run->name, run->phase, run->message};
}

void pause_for_answer(Draft& draft, const AnalysisRun& run) {
  if (draft.has_pause(kInconclusiveRun)) return;
  draft.status.pause_conditions.push_back(
      {std::string(kInconclusiveRun), next_whole_second(draft.facts.now())});
  draft.status.controller_pause = true;
  draft.news(kRolloutPaused,
             fmt::format("Rollout is paused ({}): {} {}", kInconclusiveRun, run.name, run.message),
             {{"analysisRun", run.name}}, Severity::Warning);
}

/// Returns true where the verdict ends the update.
bool judge(Draft& draft, const AnalysisRun* run, std::string_view kind) {
  if (run == nullptr) return false;
  switch (run->phase) {
    case AnalysisPhase::Failed:
    case AnalysisPhase::Error:
      abort_update(draft, fmt::format("{} analysis phase error/failed: {}", kind,
                                      run->message.empty() ? run->name : run->message));
      return true;
    case AnalysisPhase::Inconclusive:
      pause_for_answer(draft, *run);
      return false;
    case AnalysisPhase::None:
    case AnalysisPhase::Pending:
    case AnalysisPhase::Running:
    case AnalysisPhase::Successful:
      return false;
  }
  return false;
}

void announce_phase(Draft& draft, const std::optional<crds::RunStatusRef>& before,
                    const AnalysisRun* run, std::string_view kind) {
  if (run == nullptr || run->phase == AnalysisPhase::None) return;
  const bool same_run = before && before->name == run->name;
  if (same_run && before->status == run->phase) return;
  const bool bad = run->phase == AnalysisPhase::Failed || run->phase == AnalysisPhase::Error;
  const AnalysisPhase previous = same_run ? before->status : AnalysisPhase::None;
  draft.news(fmt::format("AnalysisRun{}", crds::to_string(run->phase)),
             fmt::format("{} Analysis Run '{}' Status New: '{}' Previous: '{}'", kind, run->name,
                         crds::to_string(run->phase), crds::to_string(previous)),
             {{"analysisRun", run->name}}, bad ? Severity::Warning : Severity::Normal);
}

/// While aborted the last runs stay in the status, as they are now.
void follow_known_runs(Draft& draft) {
  crds::CanaryStatus& status = draft.status.canary;
  for (auto* known : {&status.current_step_analysis_run, &status.current_background_analysis_run}) {
    for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs)
      if (*known && (*known)->name == run.name) *known = reference(&run);
  }
}

std::string base_name(const Draft& draft, const Wanted& wanted) {
  std::string name = fmt::format("{}-{}-{}", draft.facts.rollout().meta.name, draft.facts.hash,
                                 draft.facts.revision);
  return wanted.step ? fmt::format("{}-{}", name, *wanted.step) : name;
}

/// The first of "name", "name.1", "name.2", … that no run bears.
std::string free_name(const Draft& draft, const std::string& base) {
  const auto taken = [&](const std::string& name) {
    const auto& runs = draft.facts.snapshot->analysis_runs;
    return draft.facts.snapshot->names_taken.contains(name) ||
           std::any_of(runs.begin(), runs.end(), [&](const auto& run) { return run.name == name; });
  };
  std::string name = base;
  for (int n = 1; taken(name); ++n) name = fmt::format("{}.{}", base, n);
  return name;
}

crds::RolloutAnalysis with_hashes(const Draft& draft, crds::RolloutAnalysis analysis) {
  for (crds::Argument& argument : analysis.args) {
    if (!argument.value_from || argument.value_from->pod_template_hash.empty()) continue;
    const bool stable = argument.value_from->pod_template_hash == "Stable";
    argument.value = stable ? draft.facts.stable_hash : draft.facts.hash;
    argument.value_from.reset();
  }
  return analysis;
}

void create_run(Draft& draft, const Wanted& wanted, const crds::RolloutAnalysis& analysis) {
  CreateAnalysisRun create{.name = free_name(draft, base_name(draft, wanted)),
                           .type = wanted.type,
                           .step_index = wanted.step,
                           .labels = analysis.run_labels,
                           .annotations = analysis.run_annotations,
                           .analysis = with_hashes(draft, analysis)};
  for (const auto& [key, value] : draft.facts.rollout().spec.selector.match_labels)
    create.labels[key] = value;
  create.labels[std::string(crds::kPodTemplateHashLabel)] = draft.facts.hash;
  create.labels[std::string(crds::kRolloutTypeLabel)] = to_string(wanted.type);
  if (wanted.step) create.labels[std::string(crds::kStepIndexLabel)] = std::to_string(*wanted.step);
  const std::string instance = draft.facts.rollout().meta.label(crds::kInstanceIdLabel);
  if (!instance.empty()) create.labels[std::string(crds::kInstanceIdLabel)] = instance;
  create.annotations[std::string(crds::kRunRevisionAnnotation)] =
      std::to_string(draft.facts.revision);
  create.annotations[std::string(crds::kAttemptAnnotation)] = attempt(draft);
  draft.act(std::move(create));
}

/// The run of the kind, created where it is missing and nothing holds it up. The status names it
/// once it is there.
std::optional<crds::RunStatusRef> ensure_run(Draft& draft, const Wanted& wanted,
                                             const crds::RolloutAnalysis& analysis) {
  if (const AnalysisRun* run = find_run(draft, wanted)) return reference(run);
  if (draft.halted()) return wanted.known;
  create_run(draft, wanted, analysis);
  return std::nullopt;
}

void end_unwanted_runs(Draft& draft, const std::set<std::string>& wanted) {
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    const bool over = crds::is_completed(run.phase) || run.terminate || run.deleting;
    if (!over && !wanted.contains(run.name)) draft.act(TerminateAnalysisRun{run.name});
  }
}

constexpr int32_t kDefaultRunHistory = 5;

/// Keeps the newest `limit` of the runs, which come newest first.
void keep_newest(Draft& draft, const std::vector<const AnalysisRun*>& runs, int32_t limit) {
  for (size_t i = static_cast<size_t>(std::max(limit, 0)); i < runs.size(); ++i)
    draft.act(DeleteAnalysisRun{runs[i]->name, runs[i]->uid});
}

void delete_old_runs(Draft& draft, const std::set<std::string>& wanted) {
  std::vector<const AnalysisRun*> good;
  std::vector<const AnalysisRun*> bad;
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    if (run.deleting || !crds::is_completed(run.phase) || wanted.contains(run.name)) continue;
    (run.phase == AnalysisPhase::Successful ? good : bad).push_back(&run);
  }
  const auto newest_first = [](const AnalysisRun* left, const AnalysisRun* right) {
    return std::tie(right->created_at, right->name) < std::tie(left->created_at, left->name);
  };
  std::sort(good.begin(), good.end(), newest_first);
  std::sort(bad.begin(), bad.end(), newest_first);
  const crds::RolloutSpec& spec = draft.facts.rollout().spec;
  keep_newest(draft, good, spec.successful_run_history_limit.value_or(kDefaultRunHistory));
  keep_newest(draft, bad, spec.unsuccessful_run_history_limit.value_or(kDefaultRunHistory));
}

}  // namespace

void judge_runs(Draft& draft) {
  if (draft.course() == Course::Aborted) return;
  const crds::CanaryStatus& before = draft.facts.before().canary;
  const AnalysisRun* background =
      needs_background(draft) ? find_run(draft, wanted_background(draft)) : nullptr;
  const AnalysisRun* step =
      analysis_step(draft, draft.index()) ? current_step_run(draft, draft.index()) : nullptr;
  announce_phase(draft, before.current_background_analysis_run, background, "Background");
  announce_phase(draft, before.current_step_analysis_run, step, "Step");
  if (background != nullptr)
    draft.status.canary.current_background_analysis_run = reference(background);
  if (step != nullptr) draft.status.canary.current_step_analysis_run = reference(step);
  if (judge(draft, background, "Background")) return;
  judge(draft, step, "Step-based");
}

const AnalysisRun* current_step_run(const Draft& draft, int32_t index) {
  return find_run(draft, wanted_step(draft, index));
}

bool lacks_background_run(const Draft& draft) {
  return needs_background(draft) && find_run(draft, wanted_background(draft)) == nullptr;
}

void end_runs(Draft& draft) {
  follow_known_runs(draft);
  end_unwanted_runs(draft, {});
}

void plan_runs(Draft& draft) {
  crds::CanaryStatus& status = draft.status.canary;
  if (draft.course() == Course::Aborted) {
    end_runs(draft);
  } else {
    const crds::AnalysisStep* step = analysis_step(draft, draft.index());
    status.current_step_analysis_run.reset();
    if (step != nullptr) {
      status.current_step_analysis_run =
          ensure_run(draft, wanted_step(draft, draft.index()), step->analysis);
    }
    status.current_background_analysis_run.reset();
    if (needs_background(draft)) {
      status.current_background_analysis_run =
          ensure_run(draft, wanted_background(draft), draft.facts.canary->analysis->analysis);
    }
  }
  std::set<std::string> wanted;
  for (const auto* run :
       {&status.current_step_analysis_run, &status.current_background_analysis_run}) {
    if (*run) wanted.insert((*run)->name);
  }
  if (draft.course() != Course::Aborted) end_unwanted_runs(draft, wanted);
  delete_old_runs(draft, wanted);
}

}  // namespace sluice::engine
