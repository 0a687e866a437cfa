#include "core/shape_tables.h"

namespace sluice::core {

// What owns pods, and what every object has.
std::string_view workload_shapes() {
  return R"(
ObjectMeta name generateName namespace selfLink uid resourceVersion generation:int64 creationTimestamp:time deletionTimestamp?:time deletionGracePeriodSeconds?:int64 labels:{string} annotations:{string} ownerReferences:[OwnerReference]@uid finalizers:[string]@ managedFields:[any]
OwnerReference apiVersion! kind! name! uid! controller?:bool blockOwnerDeletion?:bool
LabelSelector matchLabels:{string} matchExpressions:[LabelSelectorRequirement]
LabelSelectorRequirement key! operator!<In|NotIn|Exists|DoesNotExist> values:[string]
Condition type status observedGeneration:int64 lastTransitionTime:time lastUpdateTime:time lastProbeTime:time lastHeartbeatTime:time reason message
ReplicaSet apiVersion kind metadata~:ObjectMeta spec~:ReplicaSetSpec status~:ReplicaSetStatus
ReplicaSetSpec replicas?:int32=1 minReadySeconds:int32 selector?:LabelSelector template~:PodTemplateSpec
ReplicaSetStatus replicas~:int32 fullyLabeledReplicas:int32 readyReplicas:int32 availableReplicas:int32 terminatingReplicas?:int32 observedGeneration:int64 conditions:[Condition]@type
Job apiVersion kind metadata~:ObjectMeta spec~:JobSpec status~:JobStatus
JobStatus conditions:[Condition]@type startTime?:time completionTime?:time active:int32 succeeded:int32 failed:int32 terminating?:int32 completedIndexes failedIndexes? uncountedTerminatedPods?:any ready?:int32
JobSpec parallelism?:int32(0..) completions?:int32(0..) activeDeadlineSeconds?:int64 podFailurePolicy?:PodFailurePolicy successPolicy?:SuccessPolicy backoffLimit?:int32(0..) backoffLimitPerIndex?:int32(0..) maxFailedIndexes?:int32(0..) selector?:LabelSelector manualSelector?:bool template!:PodTemplateSpec ttlSecondsAfterFinished?:int32(0..) completionMode?<NonIndexed|Indexed> suspend?:bool podReplacementPolicy?<TerminatingOrFailed|Failed> managedBy? scheduling?:any
PodFailurePolicy rules!:[PodFailurePolicyRule]
SuccessPolicy rules!:[SuccessPolicyRule]
PodFailurePolicyRule action!<FailJob|FailIndex|Ignore|Count> onExitCodes?:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
SuccessPolicyRule succeededIndexes? succeededCount?:int32
PodFailurePolicyOnExitCodesRequirement containerName? operator!<In|NotIn> values!:[int32]
PodFailurePolicyOnPodConditionsPattern type! status!
)";
}

}  // namespace sluice::core
