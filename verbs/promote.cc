#include "verbs/promote.h"

#include "verbs/action_record.h"
#include "verbs/bound_patch.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::verbs {
namespace {

constexpr std::string_view kVerb = "promote";
constexpr std::string_view kPauseStep = "CanaryPauseStep";
constexpr std::string_view kPauseBeforeSwitch = "BlueGreenPause";

bool has_pause(const crds::RolloutStatus& status, std::string_view reason) {
  return std::any_of(status.pause_conditions.begin(), status.pause_conditions.end(),
                     [&](const auto& pause) { return pause.reason == reason; });
}

/// A pause of the steps, or the one before a blue-green switch: whoever ends it passes nothing
/// over.
bool stands_at_pause(const crds::RolloutStatus& status) {
  return has_pause(status, kPauseStep) || has_pause(status, kPauseBeforeSwitch);
}

/// The step that is under way; null after the last one.
const crds::Step* current_step(const crds::Rollout& rollout) {
  if (!rollout.spec.canary()) return nullptr;
  const auto index = static_cast<size_t>(rollout.status.current_step_index.value_or(0));
  const auto& steps = rollout.spec.canary()->steps;
  return index < steps.size() ? &steps[index] : nullptr;
}

template <typename Kind>
bool is_at(const crds::Rollout& rollout) {
  const crds::Step* step = current_step(rollout);
  return step != nullptr && std::holds_alternative<Kind>(*step);
}

std::string run_text(const crds::RunStatusRef& run) {
  return fmt::format("analysis run {} ({})", run.name, crds::to_string(run.status));
}

/// Whether going on leaves the step behind without its end. A background analysis that asks for an
/// answer is answered by "go on", and passes no step over.
bool passes_step(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (!rollout.spec.canary() || stands_at_pause(status)) return false;
  const auto& run = status.canary.current_step_analysis_run;
  return !has_question(rollout) ||
         (run && crds::is_completed(run->status) && run->status != crds::AnalysisPhase::Successful);
}

/// The analysis before a blue-green switch is under way, or its run is about to come: nothing else
/// is passed over by itself.
bool is_before_switch(const crds::Rollout& rollout) {
  const crds::BlueGreenStrategy* strategy = rollout.spec.blue_green();
  return strategy != nullptr && strategy->pre_promotion_analysis && !is_promoted(rollout) &&
         !rollout.status.blue_green.scale_up_preview_check_point;
}

/// What a promotion does not wait for. Background runs go on unless all is skipped.
std::vector<std::string> passed_over(const crds::Rollout& rollout, const PromoteOptions& options) {
  std::vector<std::string> passed;
  const crds::RolloutStatus& status = rollout.status;
  const bool full = options.full;
  if (options.skip_analysis && is_before_switch(rollout)) {
    const auto& run = status.blue_green.pre_promotion_analysis_run;
    return {run ? run_text(*run) : "the analysis before the switch"};
  }
  const int32_t index = status.current_step_index.value_or(0);
  const bool passes = full || passes_step(rollout);
  if (const auto& run = status.canary.current_step_analysis_run;
      run && run->status != crds::AnalysisPhase::Successful && passes) {
    passed.push_back(run_text(*run));
  }
  if (!full) {
    if (passed.empty() && passes) passed.push_back(fmt::format("step {}", index));
    return passed;
  }
  if (const auto& run = status.canary.current_background_analysis_run;
      run && !crds::is_completed(run->status)) {
    passed.push_back(run_text(*run));
  }
  const crds::BlueGreenStatus& blue_green = status.blue_green;
  for (const auto* run :
       {&blue_green.pre_promotion_analysis_run, &blue_green.post_promotion_analysis_run})
    if (*run && !crds::is_completed((*run)->status)) passed.push_back(run_text(**run));
  const size_t steps = rollout.spec.canary() ? rollout.spec.canary()->steps.size() : 0;
  if (static_cast<size_t>(index) < steps)
    passed.push_back(fmt::format("steps {} to {}", index, steps - 1));
  return passed;
}

/// Somebody has ended this pause already; the controller has yet to act on it.
bool was_ended(const crds::Rollout& rollout) {
  const bool pauses = is_at<crds::PauseStep>(rollout) || rollout.spec.blue_green();
  return pauses && rollout.status.controller_pause && rollout.status.pause_conditions.empty();
}

std::string step_text(const crds::Rollout& rollout) {
  const size_t steps = rollout.spec.canary() ? rollout.spec.canary()->steps.size() : 0;
  return fmt::format("step {}/{}", rollout.status.current_step_index.value_or(0), steps);
}

/// Who left the step that is asked for, where somebody did.
std::string left_by(const crds::Rollout& rollout, const Ask& ask) {
  for (const ActionRecord& each : read_actions(rollout)) {
    if (each.verb != kVerb || each.hash != rollout.status.current_pod_hash) continue;
    if (each.step == ask.seen->step)
      return fmt::format("promoted by {}, {}", each.by.to_string(), format_time(each.at));
  }
  return "by itself";
}

/// The preview is good to get the users; what comes then nobody holds up.
bool is_let_through(const crds::Rollout& rollout) {
  return rollout.spec.blue_green() != nullptr &&
         rollout.status.blue_green.scale_up_preview_check_point;
}

bool is_held(const crds::Rollout& rollout) {
  return rollout.spec.paused || !rollout.status.pause_conditions.empty();
}

/// What makes it so already; "" where something is to be done.
std::string done_already(const crds::Rollout& rollout, const Ask& ask,
                         const PromoteOptions& options) {
  if (is_promoted(rollout) && !rollout.spec.paused) return "has nothing to promote";
  if (rollout.status.promote_full) return "is being promoted in full already";
  if (ask.seen && ask.seen->step < rollout.status.current_step_index)
    return fmt::format("is past step {} already, at {}: {}", ask.seen->step.value_or(0),
                       step_text(rollout), left_by(rollout, ask));
  if (options.full || rollout.spec.paused) return "";
  if (was_ended(rollout)) return "is promoted already";
  return is_let_through(rollout) && !is_held(rollout)
             ? "is promoted already (--full passes over what follows the switch)"
             : "";
}

/// What there is that only more than a plain promote passes.
Result<void> check_passable(const crds::Rollout& rollout, const PromoteOptions& options) {
  if (options.full || is_held(rollout)) return {};
  const std::string& name = rollout.meta.name;
  if (rollout.spec.blue_green() != nullptr && !(options.skip_analysis && is_before_switch(rollout)))
    return fail(
        invalid(fmt::format("rollout \"{}\" is not paused: nothing to promote (--skip-analysis "
                            "passes over the analysis "
                            "before the switch, --full over all)",
                            name)));
  if (!is_at<crds::AnalysisStep>(rollout) || options.skip_analysis) return {};
  const auto& run = rollout.status.canary.current_step_analysis_run;
  return fail(invalid(
      fmt::format("rollout \"{}\" is at {}, where {} has not ended: --skip-analysis passes it over",
                  name, step_text(rollout), run ? run_text(*run) : "an analysis")));
}

/// One press passes one step.
Result<void> check_press(const crds::Rollout& rollout, const Ask& ask,
                         const PromoteOptions& options) {
  if (options.full) return {};
  const auto last = same_press(rollout, ask, kVerb);
  if (!last || last->step == rollout.status.current_step_index) return {};
  return fail(invalid(fmt::format(
      "rollout \"{}\" was promoted at step {} a moment ago and is at {} now; one press passes one "
      "step: --step {} says that this one is meant, too",
      rollout.meta.name, last->step.value_or(0), step_text(rollout),
      rollout.status.current_step_index.value_or(0))));
}

/// Whether a promotion fits the update as it is.
Result<void> check_update(const crds::Rollout& rollout, const Ask& ask) {
  const std::string& name = rollout.meta.name;
  if (auto seen = check_seen(rollout, ask); !seen) return seen;
  if (rollout.status.abort && !is_promoted(rollout)) {
    return fail(invalid(fmt::format(
        "rollout \"{0}\" is aborted: `sluice retry {0}` starts its update again", name)));
  }
  if (const std::string invalid_spec = condition_text(rollout, "InvalidSpec");
      !invalid_spec.empty()) {
    return fail(invalid(fmt::format("rollout \"{}\": {}: nothing is promoted before that is mended",
                                    name, invalid_spec)));
  }
  if (const std::string freeze = freeze_text(rollout); !freeze.empty() && !is_promoted(rollout))
    return fail(invalid(fmt::format(
        "rollout \"{}\" is {}: nothing is promoted before `sluice unfreeze`", name, freeze)));
  // Past the last step there is nothing to promote, whichever step was named.
  if (ask.seen && ask.seen->step > rollout.status.current_step_index && !is_promoted(rollout)) {
    return fail(invalid(fmt::format("rollout \"{}\" is at {}, not at step {}", name,
                                    step_text(rollout), *ask.seen->step)));
  }
  return {};
}

/// Past the analysis before the switch, and with it past the pause that may come after it.
void skip_to_switch(const crds::Rollout& rollout, BoundPatch& patch) {
  if (!rollout.status.pause_conditions.empty()) patch.remove("/status/pauseConditions");
  if (rollout.status.controller_pause) patch.set("/status/controllerPause", false);
  patch.set("/status/blueGreen/scaleUpPreviewCheckPoint", true);
}

/// Ends what holds the update at its step.
void go_on(const crds::Rollout& rollout, BoundPatch& patch) {
  const crds::RolloutStatus& status = rollout.status;
  if (!status.pause_conditions.empty()) patch.remove("/status/pauseConditions");
  if (stands_at_pause(status)) return;  // controllerPause tells that the step is over
  if (status.controller_pause) patch.set("/status/controllerPause", false);
  if (passes_step(rollout))
    patch.set("/status/currentStepIndex", status.current_step_index.value_or(0) + 1);
}

}  // namespace

Result<Decision> promote(const crds::Rollout& rollout, const Ask& ask,
                         const PromoteOptions& options) {
  if (auto fits = check_update(rollout, ask); !fits) return fail(fits.error());
  if (std::string already = done_already(rollout, ask, options); !already.empty())
    return Decision{{}, std::move(already)};
  if (auto pressed = check_press(rollout, ask, options); !pressed) return fail(pressed.error());
  if (auto passable = check_passable(rollout, options); !passable) return fail(passable.error());
  const bool updating = !is_promoted(rollout);
  const bool held = rollout.spec.paused;
  const bool skips = options.skip_analysis && is_before_switch(rollout);
  // A hold by hand is taken back by itself; no step goes with it that nothing else holds.
  const bool moves =
      updating && (!held || options.full || skips || !rollout.status.pause_conditions.empty());
  const std::vector<std::string> passed =
      moves ? passed_over(rollout, options) : std::vector<std::string>{};

  BoundPatch first;
  first.expect_generation(rollout).expect_step(rollout);
  record(rollout, make_record(rollout, ask, std::string(kVerb), passed), first);
  if (held) first.expect("/spec/paused", true).set("/spec/paused", false);
  Decision decision{{first.for_spec()}, options.full ? "fully promoted" : "promoted"};
  if (!moves) return decision;
  BoundPatch second;
  second.expect_step(rollout);
  if (options.full)
    second.set("/status/promoteFull", true);
  else if (skips)
    skip_to_switch(rollout, second);
  else
    go_on(rollout, second);
  decision.writes.push_back(second.for_status());
  const auto& run = rollout.status.canary.current_step_analysis_run;
  if (skips || (run && !passed.empty() && passed.front() == run_text(*run)))
    decision.text += ", past " + passed.front();
  if (held) decision.text += ", and no longer held by `sluice pause`";
  return decision;
}

}  // namespace sluice::verbs
