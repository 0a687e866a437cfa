#pragma once

// The words of the API that several rooms write: group, kinds, labels, annotations.

#include <string_view>

namespace sluice::crds {

inline constexpr std::string_view kGroup = "argoproj.io";
inline constexpr std::string_view kVersion = "v1alpha1";
inline constexpr std::string_view kApiVersion = "argoproj.io/v1alpha1";

inline constexpr std::string_view kRollout = "Rollout";
inline constexpr std::string_view kAnalysisRun = "AnalysisRun";
inline constexpr std::string_view kAnalysisTemplate = "AnalysisTemplate";
inline constexpr std::string_view kClusterAnalysisTemplate = "ClusterAnalysisTemplate";
inline constexpr std::string_view kExperiment = "Experiment";

/// On ReplicaSets, pods, AnalysisRuns; injected in Service selectors.
inline constexpr std::string_view kPodTemplateHashLabel = "rollouts-pod-template-hash";
inline constexpr std::string_view kRolloutTypeLabel = "rollout-type";
inline constexpr std::string_view kStepIndexLabel = "step-index";
inline constexpr std::string_view kInstanceIdLabel =
    "argo-rollouts.argoproj.io/controller-instance-id";

inline constexpr std::string_view kRevisionAnnotation = "rollout.argoproj.io/revision";
inline constexpr std::string_view kRevisionHistoryAnnotation =
    "rollout.argoproj.io/revision-history";
inline constexpr std::string_view kDesiredReplicasAnnotation =
    "rollout.argoproj.io/desired-replicas";
/// The labels and annotations, as JSON, that a ReplicaSet's pods have for the part they play and
/// that are no part of the revision.
inline constexpr std::string_view kEphemeralMetadataAnnotation =
    "rollout.argoproj.io/ephemeral-metadata";
inline constexpr std::string_view kScaleDownDeadlineAnnotation = "scale-down-deadline";
/// crds/pod_overlay.h says what these three are about.
inline constexpr std::string_view kHiddenMetadataAnnotation = "sluice.dev/hidden-metadata";
inline constexpr std::string_view kAntiAffinityAnnotation = "sluice.dev/anti-affinity";
inline constexpr std::string_view kPodsToAdaptAnnotation = "sluice.dev/pods-to-adapt";
inline constexpr std::string_view kManagedByAnnotation =
    "argo-rollouts.argoproj.io/managed-by-rollouts";
/// On AnalysisRuns: the revision that they judge.
inline constexpr std::string_view kRunRevisionAnnotation = "rollout.argoproj.io/revision";

/// Every annotation and label that is Sluice's own starts with this.
inline constexpr std::string_view kOwnPrefix = "sluice.dev/";
/// On HTTPRoutes: the canary Services, separated by commas, that have weight in them now.
inline constexpr std::string_view kCanariesInProgressAnnotation = "sluice.dev/canaries-in-progress";
/// On Rollouts: why a person or a verdict aborted (JSON is not needed: one sentence).
inline constexpr std::string_view kAbortReasonAnnotation = "sluice.dev/abort-reason";
/// On Rollouts: what people have done to it, newest first, as JSON (verbs/action_record.h).
inline constexpr std::string_view kActionsAnnotation = "sluice.dev/actions";
/// On Rollouts: the last accepted release requests of the webhook, newest first, as JSON.
inline constexpr std::string_view kReleasesAnnotation = "sluice.dev/releases";
/// On Rollouts: the revision that `sluice rollback` returns to at once, without steps. It names the
/// pod template hash to fast-track to and is ignored once another template is current.
inline constexpr std::string_view kRollbackToAnnotation = "sluice.dev/rollback-to";
/// On AnalysisRuns: which attempt at the update they belong to; a retry after an abort is another.
inline constexpr std::string_view kAttemptAnnotation = "sluice.dev/attempt";

/// On ReplicaSets: when their revision was promoted to stable. Revisions without it never were.
inline constexpr std::string_view kPromotedAtAnnotation = "sluice.dev/promoted-at";

}  // namespace sluice::crds
