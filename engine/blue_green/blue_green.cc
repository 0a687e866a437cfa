#include "engine/blue_green/blue_green.h"

#include "crds/names.h"
#include "engine/blue_green/runs.h"
#include "engine/blue_green/strategy.h"
#include "engine/blue_green/switch.h"
#include "engine/former_routing.h"
#include "engine/pauses.h"
#include "engine/promotion.h"
#include "engine/reasons.h"
#include "engine/replica_set_plan.h"
#include "engine/run_search.h"
#include "engine/scale_down.h"
#include "engine/services_plan.h"
#include "engine/traffic_plan.h"
#include "engine/waits.h"

#include <algorithm>
#include <chrono>

namespace sluice::engine::blue_green {
namespace {

/// The analysis of that place says that all is well, or none is asked for.
bool is_proven(Draft& draft, const std::optional<crds::RolloutAnalysis>& analysis,
               const RunSlot& slot, std::string_view kind) {
  if (!analysis || draft.status.promote_full) return true;
  const AnalysisRun* run = find_run(draft, slot);
  if (run != nullptr && run->phase == crds::AnalysisPhase::Successful) return true;
  draft.wait(for_analysis(run, kind));
  return false;
}

/// Stands still before the switch where the strategy says so: for a time, or until somebody
/// promotes.
bool is_let_through(Draft& draft) {
  const crds::BlueGreenStrategy& spec = strategy(draft.facts);
  const std::chrono::seconds delay(spec.auto_promotion_seconds.value_or(0));
  const bool by_itself = spec.auto_promotion_enabled.value_or(true);
  if (draft.status.promote_full || (by_itself && delay.count() <= 0)) {
    drop_pause(draft, kBlueGreenPause);
    return true;
  }
  const std::optional<Duration> duration =
      delay.count() > 0 ? std::optional<Duration>(delay) : std::nullopt;
  return pass_pause(draft, kBlueGreenPause, duration, {});
}

bool has_pods(Draft& draft) {
  if (has_wanted_pods(draft)) return true;
  draft.wait(for_pods(draft.facts, draft.facts.current, wanted_pods(draft)));
  return false;
}

void pass_checkpoint(Draft& draft) {
  if (is_passed(draft)) return;
  if (!has_pods(draft)) return;
  if (!is_proven(draft, strategy(draft.facts).pre_promotion_analysis, pre_promotion_slot(draft),
                 "pre-promotion")) {
    // Who has answered an earlier run has not let anybody pass the pause, which comes later.
    drop_pause(draft, kBlueGreenPause);
    return;
  }
  if (!is_let_through(draft)) return;
  draft.status.blue_green.scale_up_preview_check_point = true;
  draft.progressed = true;
}

bool is_done(Draft& draft) {
  const bool first = draft.course() == Course::First;
  if (!first && !(is_underway(draft.course()) && is_passed(draft))) return false;
  if (!has_pods(draft) || !is_served(draft.facts)) return false;
  return first || is_proven(draft, strategy(draft.facts).post_promotion_analysis,
                            post_promotion_slot(draft), "post-promotion");
}

std::string completion_reason(const Draft& draft) {
  if (draft.course() == Course::First) return "Initial deploy";
  if (draft.course() == Course::Returning) return "Rollback requested";
  if (draft.status.promote_full) return "Full promotion requested";
  return "Completed blue-green update";
}

/// A pause, or a run that has yet to tell.
bool stands_by_design(const Draft& draft) {
  if (!is_underway(draft.course())) return false;
  if (draft.has_pause(kBlueGreenPause)) return true;
  return std::ranges::any_of(blue_green::run_slots(draft), [&](const RunSlot& slot) {
    const AnalysisRun* run = slot.analysis == nullptr ? nullptr : find_run(draft, slot);
    return run != nullptr && !crds::is_completed(run->phase);
  });
}

/// The stable revision is released again, and its ReplicaSet is not the one of before, which would
/// remember the number that the revision had then.
bool is_stable_made_again(const Draft& draft) {
  const ReplicaSet* current = draft.facts.current;
  return draft.promoted && current != nullptr && current->revision() == draft.facts.revision &&
         current->annotation(crds::kRevisionHistoryAnnotation).empty();
}

// Who goes back to a stable revision that was there all the time does not wait for more than a pod.
Move active_service_move(const Draft& draft) {
  const bool is_small = serving(draft.facts.current) < pods_of_users(draft.facts);
  return is_small && is_stable_made_again(draft) ? Move::WithMorePods : Move::Now;
}

void plan_services(Draft& draft) {
  const Facts& facts = draft.facts;
  plan_former_services(draft, draft.home());
  plan_service(draft, facts.conduct.serving_service, active_revision(draft),
               active_service_move(draft));
  plan_preview_service(draft, facts.conduct.trying_service, facts.current);
}

void show_selectors(Draft& draft) {
  draft.status.blue_green.active_selector = draft.facts.serving_service().selector_hash;
  draft.status.blue_green.preview_selector = draft.facts.trying_service().selector_hash;
}

}  // namespace

void advance(Draft& draft) {
  if (may_advance(draft)) pass_checkpoint(draft);
  if (!draft.halted() && is_done(draft)) promote(draft, completion_reason(draft));
  settle_promotion(draft);
  draft.stands_by_design = stands_by_design(draft);
}

void collect(Draft& draft) {
  draft.status.canary = {};
  plan_former_traffic(draft);
  plan_services(draft);
  show_selectors(draft);
  size_stable(draft, draft.facts.replicas);
  size_current(draft, draft.course() == Course::Aborted
                          ? retire_aborted(draft)
                          : retain_current(draft.facts, wanted_pods(draft)));
  retire_old_sets(draft);
}

void collect_return(Draft& draft) {
  plan_former_traffic(draft);
  plan_services(draft);
  show_selectors(draft);
  size_stable(draft, std::max(spec_replicas(draft.facts.stable), draft.facts.replicas));
  note_leaving(draft);
  grow_stand_in(draft);
}

void leave_dark(Draft& draft) {
  if (is_former_dark(draft.facts)) plan_former_traffic(draft);
  plan_for_lost_stable(draft);
  grow_stand_in(draft);
}

}  // namespace sluice::engine::blue_green
