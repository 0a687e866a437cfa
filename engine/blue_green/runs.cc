#include "engine/blue_green/runs.h"

#include "engine/blue_green/strategy.h"
#include "engine/blue_green/switch.h"

namespace sluice::engine::blue_green {
namespace {

using RunRef = std::optional<crds::RunStatusRef>;

RunRef& pre_promotion_place(crds::RolloutStatus& status) {
  return status.blue_green.pre_promotion_analysis_run;
}

RunRef& post_promotion_place(crds::RolloutStatus& status) {
  return status.blue_green.post_promotion_analysis_run;
}

/// A run begins once there are the pods that it is about; one that has begun goes on.
const crds::RolloutAnalysis* wanted(const Draft& draft,
                                    const std::optional<crds::RolloutAnalysis>& analysis,
                                    const RunRef& known, bool due) {
  const bool runs = analysis && runs_analysis(draft) && (known || due);
  return runs ? &*analysis : nullptr;
}

}  // namespace

RunSlot pre_promotion_slot(const Draft& draft) {
  const RunRef known = known_run(draft, draft.facts.before().blue_green.pre_promotion_analysis_run);
  return {.type = AnalysisType::PrePromotion,
          .judgement = "Pre-promotion",
          .step = std::nullopt,
          .analysis = wanted(draft, strategy(draft.facts).pre_promotion_analysis, known,
                             is_preview_ready(draft)),
          .place = pre_promotion_place,
          .known = known,
          .stays = true};
}

RunSlot post_promotion_slot(const Draft& draft) {
  const RunRef known =
      known_run(draft, draft.facts.before().blue_green.post_promotion_analysis_run);
  return {.type = AnalysisType::PostPromotion,
          .judgement = "Post-promotion",
          .step = std::nullopt,
          .analysis = wanted(draft, strategy(draft.facts).post_promotion_analysis, known,
                             is_switched(draft)),
          .place = post_promotion_place,
          .known = known,
          .stays = true};
}

std::vector<RunSlot> run_slots(const Draft& draft) {
  return {pre_promotion_slot(draft), post_promotion_slot(draft)};
}

}  // namespace sluice::engine::blue_green
