#include "engine/promotion.h"

#include "engine/reasons.h"

#include <fmt/format.h>

namespace sluice::engine {

namespace {

/// An older revision is gone back to; whatever its number is by now, it was made before.
Completion completion_of(const Draft& draft) {
  const Facts& facts = draft.facts;
  const bool back = facts.current != nullptr && facts.stable != nullptr &&
                    facts.current->created_at < facts.stable->created_at;
  if (draft.status.promote_full)
    return back ? Completion::FastRolledBack : Completion::FastPromoted;
  return back ? Completion::RolledBack : Completion::Promoted;
}

}  // namespace

void promote(Draft& draft, const std::string& why) {
  const Facts& facts = draft.facts;
  draft.news(kRolloutCompleted,
             fmt::format("Rollout completed update to revision {} ({}): {}", facts.revision,
                         facts.hash, why),
             {{"revision", std::to_string(facts.revision)}, {"hash", facts.hash}});
  draft.completion = completion_of(draft);
  draft.promoted = true;
  draft.progressed = true;
}

void settle_promotion(Draft& draft) {
  crds::RolloutStatus& status = draft.status;
  if (!draft.promoted) {
    // One that is gone, and had no update under way, is none any more.
    const bool first = draft.course() == Course::First;
    status.stable_rs = first ? "" : draft.facts.stable_hash;
    return;
  }
  status.stable_rs = draft.facts.hash;
  status.promote_full = false;
  status.blue_green.scale_up_preview_check_point = false;
  status.aborted_at.reset();
  draft.set_index(draft.facts.step_count());
}

}  // namespace sluice::engine
