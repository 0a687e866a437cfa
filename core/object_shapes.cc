#include "core/shape_tables.h"

namespace sluice::core {

// Other kinds that clusters have, as far as pods on one machine, their Services and the engine need
// them; `any` where nothing here looks inside.
std::string_view object_shapes() {
  return R"(
ObjectReference kind namespace name uid apiVersion resourceVersion fieldPath

Namespace apiVersion kind metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceSpec finalizers:[string]
NamespaceStatus phase conditions:[Condition]@type

ConfigMap apiVersion kind metadata:ObjectMeta data:{string} binaryData:{bytes} immutable?:bool
Secret apiVersion kind metadata:ObjectMeta data:{bytes} stringData:{string} type immutable?:bool
ServiceAccount apiVersion kind metadata:ObjectMeta secrets:[ObjectReference]@name imagePullSecrets:[LocalObjectReference] automountServiceAccountToken?:bool

Event apiVersion kind metadata:ObjectMeta involvedObject:ObjectReference reason message source:EventSource firstTimestamp:time lastTimestamp:time count:int32 type eventTime:time series:EventSeries action related:ObjectReference reportingComponent reportingInstance
EventSource component host
EventSeries count:int32 lastObservedTime:time

Lease apiVersion kind metadata:ObjectMeta spec:LeaseSpec
LeaseSpec holderIdentity leaseDurationSeconds:int32 acquireTime:time renewTime:time leaseTransitions:int32 strategy preferredHolder

Node apiVersion kind metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeSpec podCIDR podCIDRs:[string]@ providerID unschedulable:bool taints:[any] configSource:any externalID
NodeStatus capacity:{quantity} allocatable:{quantity} phase conditions:[Condition]@type addresses:[NodeAddress]@type daemonEndpoints:any nodeInfo:any images:[any] volumesInUse:[string] volumesAttached:[any] config:any runtimeHandlers:[any] features:any
NodeAddress type address

Endpoints apiVersion kind metadata:ObjectMeta subsets:[any]

EndpointSlice apiVersion kind metadata:ObjectMeta addressType endpoints:[Endpoint]* ports:[EndpointPort]*
Endpoint addresses:[string]* conditions:EndpointConditions hostname targetRef:ObjectReference deprecatedTopology:{string} nodeName zone hints:any
EndpointConditions ready:bool serving:bool terminating:bool
EndpointPort name protocol port:int32 appProtocol

Service apiVersion kind metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceSpec ports:[ServicePort]@port selector:{string} clusterIP clusterIPs:[string] type externalIPs:[string] sessionAffinity loadBalancerIP loadBalancerSourceRanges:[string] externalName externalTrafficPolicy healthCheckNodePort:int32 publishNotReadyAddresses:bool sessionAffinityConfig:any ipFamilies:[string] ipFamilyPolicy allocateLoadBalancerNodePorts:bool loadBalancerClass internalTrafficPolicy trafficDistribution
ServicePort name protocol appProtocol port:int32 targetPort:intstr nodePort:int32
ServiceStatus loadBalancer:LoadBalancerStatus conditions:[Condition]@type
LoadBalancerStatus ingress:[any]

Ingress apiVersion kind metadata:ObjectMeta spec:IngressSpec status:IngressStatus
IngressSpec ingressClassName? defaultBackend?:IngressBackend tls:[IngressTLS] rules:[IngressRule]
IngressTLS hosts:[string] secretName
IngressRule host http?:HTTPIngressRuleValue
HTTPIngressRuleValue paths:[HTTPIngressPath]
HTTPIngressPath path pathType? backend:IngressBackend
IngressBackend service?:IngressServiceBackend resource?:TypedLocalObjectReference
IngressServiceBackend name port:ServiceBackendPort
ServiceBackendPort name number:int32
IngressStatus loadBalancer:IngressLoadBalancerStatus
IngressLoadBalancerStatus ingress:[IngressLoadBalancerIngress]
IngressLoadBalancerIngress ip hostname ports:[any]

IngressClass apiVersion kind metadata:ObjectMeta spec:IngressClassSpec
IngressClassSpec controller parameters?:any

PodDisruptionBudget apiVersion kind metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:any
PodDisruptionBudgetSpec minAvailable?:intstr selector?:LabelSelector maxUnavailable?:intstr unhealthyPodEvictionPolicy?

Eviction apiVersion kind metadata:ObjectMeta deleteOptions?:DeleteOptions

DeleteOptions apiVersion kind gracePeriodSeconds:int64 preconditions:Preconditions orphanDependents:bool propagationPolicy dryRun:[string] ignoreStoreReadErrorWithClusterBreakingPotential:bool
Preconditions uid resourceVersion

Scale apiVersion kind metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleSpec replicas:int32
ScaleStatus replicas:int32 selector

CustomResourceDefinition apiVersion kind metadata:ObjectMeta spec:CustomResourceDefinitionSpec status:any
CustomResourceDefinitionSpec group names:CustomResourceDefinitionNames scope versions:[any] conversion:any preserveUnknownFields:bool
CustomResourceDefinitionNames plural singular shortNames:[string] kind listKind categories:[string]

Pod apiVersion kind metadata:ObjectMeta spec:PodSpec status:PodStatus
PodStatus phase conditions:[Condition]@type message reason nominatedNodeName hostIP hostIPs:[PodIP] podIP podIPs:[PodIP]@ip startTime:time initContainerStatuses:[ContainerStatus] containerStatuses:[ContainerStatus] ephemeralContainerStatuses:[ContainerStatus] qosClass resize resourceClaimStatuses:[any]@name
PodIP ip
ContainerStatus name state:any lastState:any ready:bool restartCount:int32 image imageID containerID started:bool allocatedResources:{quantity} resources:any volumeMounts:[any]@mountPath user:any allocatedResourcesStatus:[any]
)";
}

}  // namespace sluice::core
