#include "engine/promotion.h"

#include "engine/reasons.h"

#include <fmt/format.h>

namespace sluice::engine {

void promote(Draft& draft, const std::string& why) {
  const Facts& facts = draft.facts;
  draft.news(kRolloutCompleted,
             fmt::format("Rollout completed update to revision {} ({}): {}", facts.revision,
                         facts.hash, why),
             {{"revision", std::to_string(facts.revision)}, {"hash", facts.hash}});
  draft.promoted = true;
  draft.progressed = true;
}

void settle_promotion(Draft& draft) {
  crds::RolloutStatus& status = draft.status;
  if (!draft.promoted) {
    status.stable_rs = draft.facts.stable_hash;
    return;
  }
  status.stable_rs = draft.facts.hash;
  status.promote_full = false;
  status.blue_green.scale_up_preview_check_point = false;
  status.aborted_at.reset();
  draft.set_index(draft.facts.step_count());
}

}  // namespace sluice::engine
