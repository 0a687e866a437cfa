#include "engine/canary/runs.h"

#include "engine/canary/strategy.h"
#include "engine/run_search.h"

namespace sluice::engine::canary {
namespace {

using RunRef = std::optional<crds::RunStatusRef>;

RunRef& background_place(crds::RolloutStatus& status) {
  return status.canary.current_background_analysis_run;
}

RunRef& step_place(crds::RolloutStatus& status) {
  return status.canary.current_step_analysis_run;
}

/// The update is to be watched by a background run now, though its pods may not have a ReplicaSet
/// yet that a run could be for.
bool asks_for_background_run(const Draft& draft) {
  const auto& background = strategy(draft.facts).analysis;
  return background && asks_for_analysis(draft) && draft.index() >= background->starting_step;
}

const crds::RolloutAnalysis* background_analysis(const Draft& draft) {
  const bool wanted = runs_analysis(draft) && asks_for_background_run(draft);
  return wanted ? &strategy(draft.facts).analysis->analysis : nullptr;
}

const crds::RolloutAnalysis* step_analysis(const Draft& draft) {
  const int32_t index = draft.index();
  if (!runs_analysis(draft) || index >= draft.facts.step_count()) return nullptr;
  const auto& step = draft.facts.steps()[static_cast<size_t>(index)];
  const auto* analysis = std::get_if<crds::AnalysisStep>(&step);
  return analysis == nullptr ? nullptr : &analysis->analysis;
}

RunSlot background_slot(const Draft& draft) {
  return {.type = AnalysisType::Background,
          .judgement = "Background",
          .step = std::nullopt,
          .analysis = background_analysis(draft),
          .place = background_place,
          .known = known_run(draft, draft.facts.before().canary.current_background_analysis_run)};
}

RunSlot step_slot(const Draft& draft) {
  return {.type = AnalysisType::Step,
          .judgement = "Step-based",
          .step = draft.index(),
          .analysis = step_analysis(draft),
          .place = step_place,
          .known = known_run(draft, draft.facts.before().canary.current_step_analysis_run)};
}

}  // namespace

std::vector<RunSlot> run_slots(const Draft& draft) {
  return {background_slot(draft), step_slot(draft)};
}

const AnalysisRun* current_step_run(const Draft& draft) {
  return find_run(draft, step_slot(draft));
}

bool lacks_background_run(const Draft& draft) {
  if (!asks_for_background_run(draft)) return false;
  const RunSlot slot = background_slot(draft);
  return slot.analysis == nullptr || find_run(draft, slot) == nullptr;
}

}  // namespace sluice::engine::canary
