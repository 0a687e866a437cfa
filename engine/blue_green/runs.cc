#include "engine/blue_green/runs.h"

#include "engine/blue_green/strategy.h"
#include "engine/blue_green/switch.h"
#include "engine/run_search.h"

namespace sluice::engine::blue_green {
namespace {

using RunRef = std::optional<crds::RunStatusRef>;

RunRef& pre_promotion_place(crds::RolloutStatus& status) {
  return status.blue_green.pre_promotion_analysis_run;
}

RunRef& post_promotion_place(crds::RolloutStatus& status) {
  return status.blue_green.post_promotion_analysis_run;
}

/// A run begins once there are the pods that it is about; one that has begun goes on. Those of an
/// attempt that was aborted are no beginning.
RunSlot slot_of(const Draft& draft, RunSlot slot,
                const std::optional<crds::RolloutAnalysis>& analysis, bool is_due) {
  const bool runs = analysis && runs_analysis(draft) && (is_due || has_begun(draft, slot));
  slot.analysis = runs ? &*analysis : nullptr;
  slot.stays = true;
  return slot;
}

}  // namespace

RunSlot pre_promotion_slot(const Draft& draft) {
  RunSlot slot = slot_of(
      draft,
      {.type = AnalysisType::PrePromotion,
       .judgement = "Pre-promotion",
       .step = std::nullopt,
       .place = pre_promotion_place,
       .known = known_run(draft, draft.facts.before().blue_green.pre_promotion_analysis_run)},
      strategy(draft.facts).pre_promotion_analysis, has_wanted_pods(draft));
  if (slot.analysis == nullptr || !is_passed(draft)) return slot;
  // Somebody has passed it over: its run has nothing to say any more.
  const AnalysisRun* run = find_run(draft, slot);
  if (run == nullptr || run->phase != crds::AnalysisPhase::Successful) slot.analysis = nullptr;
  return slot;
}

RunSlot post_promotion_slot(const Draft& draft) {
  return slot_of(
      draft,
      {.type = AnalysisType::PostPromotion,
       .judgement = "Post-promotion",
       .step = std::nullopt,
       .place = post_promotion_place,
       .known = known_run(draft, draft.facts.before().blue_green.post_promotion_analysis_run)},
      strategy(draft.facts).post_promotion_analysis, is_switched(draft));
}

std::vector<RunSlot> run_slots(const Draft& draft) {
  return {pre_promotion_slot(draft), post_promotion_slot(draft)};
}

}  // namespace sluice::engine::blue_green
