#include "engine/run_slots.h"

namespace sluice::engine {
namespace {

using RunRef = std::optional<crds::RunStatusRef>;

RunRef& background_place(crds::RolloutStatus& status) {
  return status.canary.current_background_analysis_run;
}

RunRef& step_place(crds::RolloutStatus& status) {
  return status.canary.current_step_analysis_run;
}

/// Runs of another template, or of other steps, are no longer this update's.
RunRef known(const Draft& draft, const RunRef& before) {
  if (draft.facts.template_changed || draft.facts.steps_changed) return std::nullopt;
  return before;
}

bool asks_for_analysis(const Draft& draft) {
  return is_underway(draft.course()) && !draft.status.promote_full;
}

bool runs_analysis(const Draft& draft) {
  return asks_for_analysis(draft) && draft.facts.fresh != nullptr;
}

const crds::RolloutAnalysis* background_analysis(const Draft& draft) {
  const bool wanted = runs_analysis(draft) && asks_for_background_run(draft);
  return wanted ? &draft.facts.canary->analysis->analysis : nullptr;
}

const crds::RolloutAnalysis* step_analysis(const Draft& draft) {
  const int32_t index = draft.index();
  if (!runs_analysis(draft) || index >= draft.facts.step_count()) return nullptr;
  const auto& step = draft.facts.steps()[static_cast<size_t>(index)];
  const auto* analysis = std::get_if<crds::AnalysisStep>(&step);
  return analysis == nullptr ? nullptr : &analysis->analysis;
}

}  // namespace

bool asks_for_background_run(const Draft& draft) {
  const auto& background = draft.facts.canary->analysis;
  return background && asks_for_analysis(draft) && draft.index() >= background->starting_step;
}

RunSlot background_slot(const Draft& draft) {
  return {.type = AnalysisType::Background,
          .judgement = "Background",
          .step = std::nullopt,
          .analysis = background_analysis(draft),
          .place = background_place,
          .known = known(draft, draft.facts.before().canary.current_background_analysis_run)};
}

RunSlot step_slot(const Draft& draft) {
  return {.type = AnalysisType::Step,
          .judgement = "Step-based",
          .step = draft.index(),
          .analysis = step_analysis(draft),
          .place = step_place,
          .known = known(draft, draft.facts.before().canary.current_step_analysis_run)};
}

std::vector<RunSlot> run_slots(const Draft& draft) {
  return {background_slot(draft), step_slot(draft)};
}

}  // namespace sluice::engine
