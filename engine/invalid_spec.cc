#include "engine/invalid_spec.h"

#include "crds/validation.h"
#include "engine/conditions.h"
#include "engine/draft.h"
#include "engine/freeze.h"
#include "engine/reasons.h"
#include "engine/waits.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr Duration kLookAgain = std::chrono::seconds(20);

}  // namespace

crds::FieldProblems unsupported_parts(const crds::RolloutSpec& spec) {
  crds::FieldProblems problems;
  const auto refuse = [&](std::string path) {
    problems.push_back({std::move(path), "is not supported by this engine yet"});
  };
  if (spec.workload_ref) refuse("spec.workloadRef");
  if (!spec.canary()) return problems;
  for (size_t i = 0; i < spec.canary()->steps.size(); ++i) {
    const auto* step = std::get_if<crds::UnsupportedStep>(&spec.canary()->steps[i]);
    if (step != nullptr) refuse(fmt::format("spec.strategy.canary.steps[{}].{}", i, step->kind));
  }
  return problems;
}

void show_invalid_spec(const Snapshot& snapshot, const crds::FieldProblems& problems, Plan& plan) {
  const crds::Rollout& rollout = snapshot.rollout;
  const std::string message = crds::invalid_spec_message(rollout.meta.name, problems);
  const crds::Condition* before = find_condition(rollout.status.conditions, kInvalidSpec);
  if (before == nullptr || before->message != message) {
    plan.reasons.push_back({std::string(kInvalidSpec),
                            message,
                            Severity::Warning,
                            Occasion::News,
                            {{"field", problems.front().path}}});
  }
  set_condition(plan.status.conditions, kInvalidSpec, true, kInvalidSpec, message,
                whole_seconds(snapshot.now));
  show_freeze(snapshot, plan.status);
  plan.status.observed_generation = std::to_string(rollout.meta.generation);
  Waits waits{{.reason = std::string(kInvalidSpec),
               .message = message,
               .observed = problems.front().message,
               .wanted = "a valid " + problems.front().path}};
  // Those of a retreat; what was waited for before the spec broke is not looked at.
  waits.insert(waits.end(), plan.status.waiting_for.begin(), plan.status.waiting_for.end());
  show_waits(rollout, waits, snapshot.now, plan.status);
  plan.wake_after = std::min(plan.wake_after.value_or(kLookAgain), kLookAgain);
}

}  // namespace sluice::engine
