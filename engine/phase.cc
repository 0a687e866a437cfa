#include "engine/phase.h"

#include "engine/conditions.h"
#include "engine/reasons.h"

#include <optional>

namespace sluice::engine {
namespace {

using crds::RolloutPhase;

std::optional<PhaseAndMessage> degraded(const crds::RolloutStatus& status) {
  if (const auto* invalid = find_condition(status.conditions, kInvalidSpec))
    return PhaseAndMessage{RolloutPhase::Degraded,
                           std::string(kInvalidSpec) + ": " + invalid->message};
  const auto* progressing = find_condition(status.conditions, kProgressingCondition);
  if (progressing == nullptr) return std::nullopt;
  if (progressing->reason != kRolloutAborted && progressing->reason != kProgressDeadlineExceeded)
    return std::nullopt;
  return PhaseAndMessage{RolloutPhase::Degraded, progressing->reason + ": " + progressing->message};
}

std::optional<PhaseAndMessage> paused(const crds::RolloutSpec& spec,
                                      const crds::RolloutStatus& status) {
  if (spec.paused) return PhaseAndMessage{RolloutPhase::Paused, "manually paused"};
  if (status.pause_conditions.empty()) return std::nullopt;
  return PhaseAndMessage{RolloutPhase::Paused, status.pause_conditions.front().reason};
}

}  // namespace

PhaseAndMessage decide_phase(const crds::RolloutSpec& spec, const crds::RolloutStatus& status) {
  if (auto phase = degraded(status)) return *phase;
  if (auto phase = paused(spec, status)) return *phase;
  if (status.updated_replicas < spec.replicas.value_or(1))
    return {RolloutPhase::Progressing, "more replicas need to be updated"};
  if (status.available_replicas < status.updated_replicas)
    return {RolloutPhase::Progressing, "updated replicas are still becoming available"};
  const bool routed = spec.canary() && spec.canary()->traffic_routing;
  if (!routed && status.replicas > status.updated_replicas)
    return {RolloutPhase::Progressing, "old replicas are pending termination"};
  if (status.stable_rs.empty() || status.stable_rs != status.current_pod_hash)
    return {RolloutPhase::Progressing, "waiting for all steps to complete"};
  return {RolloutPhase::Healthy, ""};
}

}  // namespace sluice::engine
