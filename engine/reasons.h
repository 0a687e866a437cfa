#pragma once

// The words for what happens to a Rollout: condition reasons, event reasons, pause reasons. They
// are part of the API: user interfaces, notifications and tests read them.

#include <string_view>

namespace sluice::engine {

// ---- types of status conditions ----
inline constexpr std::string_view kAvailableCondition = "Available";
inline constexpr std::string_view kProgressingCondition = "Progressing";
inline constexpr std::string_view kReplicaFailureCondition = "ReplicaFailure";
inline constexpr std::string_view kPausedCondition = "Paused";
inline constexpr std::string_view kCompletedCondition = "Completed";
inline constexpr std::string_view kHealthyCondition = "Healthy";
inline constexpr std::string_view kInvalidSpec = "InvalidSpec";  ///< Also its reason and event.

inline constexpr std::string_view kWritesContested =
    "WritesContested";  ///< Also its reason and event: somebody undoes what is written.

inline constexpr std::string_view kFrozen =
    "Frozen";  ///< Also its reason, and what is waited for: somebody holds all updates.

// ---- reasons of conditions and events ----
inline constexpr std::string_view kAvailable = "AvailableReason";
inline constexpr std::string_view kNewReplicaSetCreated = "NewReplicaSetCreated";
inline constexpr std::string_view kReplicaSetUpdated = "ReplicaSetUpdated";
inline constexpr std::string_view kNewReplicaSetAvailable = "NewReplicaSetAvailable";
inline constexpr std::string_view kReplicaSetCreateError = "ReplicaSetCreateError";
inline constexpr std::string_view kScalingReplicaSet = "ScalingReplicaSet";
inline constexpr std::string_view kProgressDeadlineExceeded = "ProgressDeadlineExceeded";
inline constexpr std::string_view kRolloutUpdated = "RolloutUpdated";
inline constexpr std::string_view kRolloutNotCompleted = "RolloutNotCompleted";
inline constexpr std::string_view kRolloutStepCompleted = "RolloutStepCompleted";
inline constexpr std::string_view kRolloutPaused = "RolloutPaused";
inline constexpr std::string_view kRolloutResumed = "RolloutResumed";
inline constexpr std::string_view kRolloutAborted = "RolloutAborted";
inline constexpr std::string_view kRolloutRetry = "RolloutRetry";
inline constexpr std::string_view kRolloutCompleted = "RolloutCompleted";
inline constexpr std::string_view kRolloutRestarted = "RolloutRestarted";
inline constexpr std::string_view kRolloutHealthy = "RolloutHealthy";
inline constexpr std::string_view kSkipSteps = "SkipSteps";
inline constexpr std::string_view kStableRevisionFound = "StableRevisionFound";
inline constexpr std::string_view kSwitchService = "SwitchService";
inline constexpr std::string_view kTrafficWeightUpdated = "TrafficWeightUpdated";
inline constexpr std::string_view kTrafficRoutingError = "TrafficRoutingError";
inline constexpr std::string_view kReconciliationError = "ReconciliationError";

// ---- pause reasons ----
inline constexpr std::string_view kCanaryPauseStep = "CanaryPauseStep";
inline constexpr std::string_view kBlueGreenPause = "BlueGreenPause";
inline constexpr std::string_view kInconclusiveRun = "InconclusiveAnalysisRun";
inline constexpr std::string_view kFailedRun =
    "FailedAnalysisRun";  ///< Under onFailure: pause; also what is waited for.

// ---- what is waited for (status.waitingFor); docs/waiting.md says what to do about each ----
inline constexpr std::string_view kWaitingForPods = "WaitingForPods";
inline constexpr std::string_view kWaitingForTraffic = "WaitingForTraffic";
inline constexpr std::string_view kWaitingForPause = "WaitingForPause";
inline constexpr std::string_view kWaitingForPromotion = "WaitingForPromotion";
inline constexpr std::string_view kWaitingForAnalysis = "WaitingForAnalysis";
inline constexpr std::string_view kWaitingForOldPods = "WaitingForOldPods";
inline constexpr std::string_view kWaitingForService = "WaitingForService";
inline constexpr std::string_view kWaitingForRetry = "WaitingForRetry";
inline constexpr std::string_view kWaitingForRestart = "WaitingForRestart";
/// A disruption budget keeps a pod.
inline constexpr std::string_view kEvictionRefused = "EvictionRefused";
inline constexpr std::string_view kStableLacksCapacity = "StableLacksCapacity";
inline constexpr std::string_view kPausedByUser = "PausedByUser";
inline constexpr std::string_view kImageNotPulled = "ImageNotPulled";
inline constexpr std::string_view kPodsCrash = "PodsCrash";
inline constexpr std::string_view kPodsUnschedulable = "PodsUnschedulable";
/// A volume, a ConfigMap, a Secret or a program is missing.
inline constexpr std::string_view kPodsCannotStart = "PodsCannotStart";
inline constexpr std::string_view kPodsNotReady = "PodsNotReady";
/// The API server makes no pods: a quota, a policy, a webhook.
inline constexpr std::string_view kPodsRefused = "PodsRefused";
inline constexpr std::string_view kAnalysisWithoutData = "AnalysisWithoutData";
/// The metric's source cannot be asked.
inline constexpr std::string_view kAnalysisUnobservable = "AnalysisUnobservable";
inline constexpr std::string_view kSecondController = "SecondController";

}  // namespace sluice::engine
