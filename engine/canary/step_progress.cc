#include "engine/canary/step_progress.h"

#include "engine/canary/basic.h"
#include "engine/canary/routed.h"
#include "engine/canary/runs.h"
#include "engine/canary/steps.h"
#include "engine/pauses.h"
#include "engine/promotion.h"
#include "engine/reasons.h"
#include "engine/waits.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine::canary {
namespace {

constexpr int32_t kAllRequests = 100;  ///< Percent.

bool pods_ready(Draft& draft, int64_t wanted) {
  if (canary_ready(draft.facts, wanted)) return true;
  draft.wait(for_pods(draft.facts, draft.facts.current, wanted));
  return false;
}

/// The routers are known to send the weight to the current revision.
bool weight_confirmed(Draft& draft, int64_t weight) {
  const Facts& facts = draft.facts;
  const bool reaches = weight == 0 || canary_side_is_current(facts);
  if (reaches && facts.traffic.confirms(weight)) return true;
  draft.wait(for_routers(facts,
                         fmt::format("weight {} goes to revision {}", weight, facts.revision),
                         fmt::format("weight {}", weight)));
  return false;
}

bool split_reached(Draft& draft, int32_t index) {
  if (is_split_reached(draft, index)) return true;
  const Split goal = basic_goal(draft, index);
  crds::Wait wait = for_pods(draft.facts, draft.facts.current, goal.canary);
  wait.message += fmt::format("; {} of revision {} and {} of the stable one are wanted",
                              goal.canary, draft.facts.revision, goal.stable);
  draft.wait(std::move(wait));
  return false;
}

struct StepJudge {
  Draft& draft;
  int32_t index;

  bool operator()(const crds::SetWeightStep& /*step*/) const {
    if (!draft.facts.traffic.routed) return split_reached(draft, index);
    const RoutedGoal goal = routed_goal(draft.facts, index);
    return pods_ready(draft, goal.canary_pods) && weight_confirmed(draft, goal.weight);
  }

  bool operator()(const crds::PauseStep& step) const {
    return pass_pause(draft, kCanaryPauseStep, step.duration, {{"step", std::to_string(index)}});
  }

  bool operator()(const crds::SetCanaryScaleStep& /*step*/) const {
    if (!draft.facts.traffic.routed) return true;
    return pods_ready(draft, routed_goal(draft.facts, index).canary_pods);
  }

  bool operator()(const crds::AnalysisStep& /*step*/) const {
    const AnalysisRun* run = current_step_run(draft);
    if (run != nullptr && run->phase == crds::AnalysisPhase::Successful) return true;
    draft.wait(for_analysis(run, "step"));
    return false;
  }

  bool operator()(const crds::SetHeaderRouteStep& step) const {
    return is_routed(*managed_route(step));
  }

  bool operator()(const crds::SetMirrorRouteStep& step) const {
    const bool in_part = step.percentage && *step.percentage < kAllRequests;
    return is_routed(*managed_route(step)) && !(in_part && is_whole(step.name));
  }

  bool operator()(const crds::UnsupportedStep& /*step*/) const { return false; }

 private:
  /// Before there are canary pods nothing can be routed to them. The step may end where the route
  /// comes with the pods before anybody looks at it.
  bool comes_with_pods(const ManagedRoute& route) const {
    const int32_t look = next_look(draft.facts.steps(), index);
    if (look == draft.facts.step_count()) return true;
    if (routed_goal(draft.facts, look).canary_pods > 0) return true;
    draft.wait(kWaitingForTraffic,
               fmt::format("{} {} leads to no pod: no step before the next pause or analysis gives "
                           "the canary any",
                           route.kind, route.name));
    return false;
  }

  bool is_routed(const ManagedRoute& route) const {
    if (route.set && routed_goal(draft.facts, index).canary_pods == 0)
      return comes_with_pods(route);
    const bool there =
        std::ranges::all_of(draft.facts.snapshot->routers, [&](const RouterObservation& router) {
          return router.managed_routes.contains(route.name) == route.set;
        });
    if (there && !draft.facts.traffic.pending) return true;
    const std::string_view state = route.set ? "set" : "gone";
    draft.wait(for_routers(draft.facts,
                           fmt::format("the {} {} is {}", route.kind, route.name, state),
                           fmt::format("{} {} {}", route.kind, route.name, state)));
    return false;
  }

  /// The router mirrors all requests where a share of them is asked for.
  bool is_whole(const std::string& name) const {
    const auto& routers = draft.facts.snapshot->routers;
    const bool whole = std::ranges::any_of(routers, [&](const RouterObservation& router) {
      return router.whole_mirrors.contains(name);
    });
    if (whole) {
      draft.wait(kWaitingForTraffic,
                 fmt::format("mirror route {} mirrors every request: the cluster's HTTPRoute keeps "
                             "no share (requestMirror.percent, of Gateway API 1.3)",
                             name));
    }
    return whole;
  }
};

/// A pause that somebody's index change left behind, and a resume that no step asked for.
void drop_stale_pause(Draft& draft) {
  const bool at_pause = draft.index() < draft.facts.step_count() &&
                        std::holds_alternative<crds::PauseStep>(
                            draft.facts.steps()[static_cast<size_t>(draft.index())]);
  if (!at_pause) drop_pause(draft, kCanaryPauseStep);
}

/// Where a background analysis is wanted no step ends, and nothing is promoted, without its run.
bool is_watched(Draft& draft) {
  if (!lacks_background_run(draft)) return true;
  draft.wait(for_analysis(nullptr, "background"));
  return false;
}

bool is_fully_shifted(Draft& draft) {
  const Facts& facts = draft.facts;
  if (!pods_ready(draft, facts.replicas)) return false;
  if (!facts.traffic.routed) return true;
  if (draft.course() == Course::First) {
    // Nothing is shifted, but requests must be able to come.
    if (!facts.traffic.known) draft.wait(for_routers(facts, "requests can come", "any weight"));
    return facts.traffic.known;
  }
  return weight_confirmed(draft, routed_goal(facts, facts.step_count()).weight);
}

std::string completion_reason(const Draft& draft) {
  if (draft.course() == Course::First) return "Initial deploy";
  if (draft.course() == Course::Returning) return "Rollback requested";
  if (draft.status.promote_full) return "Full promotion requested";
  return fmt::format("Completed all {} canary steps", draft.facts.step_count());
}

}  // namespace

void advance_steps(Draft& draft) {
  if (!may_advance(draft)) return;
  const int32_t count = draft.facts.step_count();
  drop_stale_pause(draft);
  while (draft.index() < count && is_watched(draft)) {
    const int32_t index = draft.index();
    const crds::Step& step = draft.facts.steps()[static_cast<size_t>(index)];
    if (!std::visit(StepJudge{draft, index}, step)) return;
    draft.news(kRolloutStepCompleted,
               fmt::format("Rollout step {}/{} completed ({})", index + 1, count, describe(step)),
               {{"step", std::to_string(index)}});
    draft.set_index(index + 1);
    draft.progressed = true;
  }
}

void promote_when_done(Draft& draft) {
  const Course course = draft.course();
  const bool at_end =
      course == Course::First || (is_underway(course) && draft.index() >= draft.facts.step_count());
  if (at_end && !draft.halted() && is_watched(draft) && is_fully_shifted(draft))
    promote(draft, completion_reason(draft));
  settle_promotion(draft);
}

bool stands_by_design(const Draft& draft) {
  if (!is_underway(draft.course()) || draft.index() >= draft.facts.step_count()) return false;
  const crds::Step& step = draft.facts.steps()[static_cast<size_t>(draft.index())];
  if (std::holds_alternative<crds::AnalysisStep>(step)) {
    // A run that cannot be created would be waited for without end.
    return current_step_run(draft) != nullptr;
  }
  return std::holds_alternative<crds::PauseStep>(step);
}

}  // namespace sluice::engine::canary
