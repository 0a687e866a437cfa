#include "engine/phase.h"

#include "engine/conditions.h"
#include "engine/reasons.h"
#include "engine/waits.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::engine {
namespace {

using crds::RolloutPhase;

/// What is waited for with that reason, or null.
const crds::Wait* find_wait(const crds::RolloutStatus& status, std::string_view reason) {
  const auto found = std::ranges::find(status.waiting_for, reason, &crds::Wait::reason);
  return found == status.waiting_for.end() ? nullptr : &*found;
}

constexpr std::array kPauses = {kFailedRun, kInconclusiveRun, kWaitingForPromotion,
                                kWaitingForPause};

/// "; Reason: sentence" of the most pressing trouble that is not told already.
std::string trouble_beside(const crds::RolloutStatus& status, std::string_view told) {
  const auto& waits = status.waiting_for;
  if (waits.empty() || !is_trouble(waits.front()) || waits.front().reason == told) return "";
  return "; " + waits.front().reason + ": " + waits.front().message;
}

std::optional<PhaseAndMessage> degraded(const crds::RolloutStatus& status) {
  if (const auto* invalid = find_condition(status.conditions, kInvalidSpec))
    return PhaseAndMessage{RolloutPhase::Degraded,
                           std::string(kInvalidSpec) + ": " + invalid->message};
  const auto* progressing = find_condition(status.conditions, kProgressingCondition);
  if (progressing == nullptr) return std::nullopt;
  if (progressing->reason != kRolloutAborted && progressing->reason != kProgressDeadlineExceeded)
    return std::nullopt;
  return PhaseAndMessage{RolloutPhase::Degraded, progressing->reason + ": " + progressing->message +
                                                     trouble_beside(status, progressing->reason)};
}

/// An answer is waited for even where a pause of the steps began before the question.
std::string pause_reason(const crds::RolloutStatus& status) {
  const auto& pauses = status.pause_conditions;
  const auto question = std::ranges::find_if(pauses, &crds::PauseCondition::is_question);
  return question == pauses.end() ? pauses.front().reason : question->reason;
}

std::optional<PhaseAndMessage> paused(const crds::RolloutSpec& spec,
                                      const crds::RolloutStatus& status) {
  if (spec.paused)
    return PhaseAndMessage{RolloutPhase::Paused,
                           "manually paused" + trouble_beside(status, kPausedByUser)};
  if (const crds::Wait* freeze = find_wait(status, kFrozen))
    return PhaseAndMessage{RolloutPhase::Paused, freeze->message + trouble_beside(status, kFrozen)};
  if (status.pause_conditions.empty()) return std::nullopt;
  const auto& waits = status.waiting_for;
  const auto wait = std::find_if(waits.begin(), waits.end(), [](const crds::Wait& known) {
    return std::find(kPauses.begin(), kPauses.end(), known.reason) != kPauses.end();
  });
  std::string text = pause_reason(status);
  if (wait != waits.end()) text += ": " + wait->message;
  return PhaseAndMessage{RolloutPhase::Paused,
                         text + trouble_beside(status, wait == waits.end() ? "" : wait->reason)};
}

std::optional<PhaseAndMessage> restarting(const crds::RolloutStatus& status) {
  const auto wait =
      std::ranges::find(status.waiting_for, std::string(kWaitingForRestart), &crds::Wait::reason);
  if (wait == status.waiting_for.end()) return std::nullopt;
  return PhaseAndMessage{RolloutPhase::Progressing,
                         wait->message + trouble_beside(status, wait->reason)};
}

PhaseAndMessage by_switch(const crds::RolloutStatus& status) {
  const std::string& active = status.blue_green.active_selector;
  if (active.empty() || active != status.current_pod_hash)
    return {RolloutPhase::Progressing, "active service cutover pending"};
  if (status.stable_rs.empty() || status.stable_rs != status.current_pod_hash)
    return {RolloutPhase::Progressing, "waiting for analysis to complete"};
  return {RolloutPhase::Healthy, ""};
}

/// What the numbers of pods say, in the words that the API documents.
PhaseAndMessage by_counts(const crds::RolloutSpec& spec, const crds::RolloutStatus& status) {
  if (status.updated_replicas < spec.replicas.value_or(1))
    return {RolloutPhase::Progressing, "more replicas need to be updated"};
  if (status.available_replicas < status.updated_replicas)
    return {RolloutPhase::Progressing, "updated replicas are still becoming available"};
  if (spec.blue_green()) return by_switch(status);
  const bool routed = spec.canary() && spec.canary()->traffic_routing;
  if (!routed && status.replicas > status.updated_replicas)
    return {RolloutPhase::Progressing, "old replicas are pending termination"};
  if (status.stable_rs.empty() || status.stable_rs != status.current_pod_hash)
    return {RolloutPhase::Progressing, "waiting for all steps to complete"};
  return {RolloutPhase::Healthy, ""};
}

}  // namespace

PhaseAndMessage decide_phase(const crds::RolloutSpec& spec, const crds::RolloutStatus& status) {
  if (auto phase = degraded(status)) return *phase;
  if (auto phase = paused(spec, status)) return *phase;
  if (auto phase = restarting(status)) return *phase;
  PhaseAndMessage phase = by_counts(spec, status);
  // Pods of other revisions count, too, but do not stand in for those that are waited for.
  const bool waits = !status.waiting_for.empty() && is_about_pods(status.waiting_for.front());
  if (waits && phase.phase == RolloutPhase::Healthy) phase.phase = RolloutPhase::Progressing;
  if (phase.phase == RolloutPhase::Progressing && !status.waiting_for.empty())
    phase.message = status.waiting_for.front().message;
  return phase;
}

}  // namespace sluice::engine
