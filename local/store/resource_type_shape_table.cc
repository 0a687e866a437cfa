#include "local/store/resource_type_shape_table.h"

namespace sluice::local {

// The fields of Kubernetes 1.32 as far as pods on one machine, their Services and the engine need
// them; `any` where nothing here looks inside.
std::string_view shape_table() {
  return R"(
ObjectMeta: name=string generateName=string namespace=string selfLink=string uid=string resourceVersion=string generation=int64 creationTimestamp=time deletionTimestamp=time deletionGracePeriodSeconds=int64 labels={string} annotations={string} ownerReferences=[OwnerReference]@uid finalizers=[string]@ managedFields=[any]
OwnerReference: apiVersion=string kind=string name=string uid=string controller=bool blockOwnerDeletion=bool
ObjectReference: kind=string namespace=string name=string uid=string apiVersion=string resourceVersion=string fieldPath=string
LocalObjectReference: name=string
LabelSelector: matchLabels={string} matchExpressions=[LabelSelectorRequirement]
LabelSelectorRequirement: key=string operator=string values=[string]
Condition: type=string status=string observedGeneration=int64 lastTransitionTime=time lastUpdateTime=time lastProbeTime=time lastHeartbeatTime=time reason=string message=string

Namespace: apiVersion=string kind=string metadata=ObjectMeta spec=NamespaceSpec status=NamespaceStatus
NamespaceSpec: finalizers=[string]
NamespaceStatus: phase=string conditions=[Condition]@type

ConfigMap: apiVersion=string kind=string metadata=ObjectMeta data={string} binaryData={bytes} immutable=bool
Secret: apiVersion=string kind=string metadata=ObjectMeta data={bytes} stringData={string} type=string immutable=bool
ServiceAccount: apiVersion=string kind=string metadata=ObjectMeta secrets=[ObjectReference]@name imagePullSecrets=[LocalObjectReference] automountServiceAccountToken=bool

Event: apiVersion=string kind=string metadata=ObjectMeta involvedObject=ObjectReference reason=string message=string source=EventSource firstTimestamp=time lastTimestamp=time count=int32 type=string eventTime=time series=EventSeries action=string related=ObjectReference reportingComponent=string reportingInstance=string
EventSource: component=string host=string
EventSeries: count=int32 lastObservedTime=time

Lease: apiVersion=string kind=string metadata=ObjectMeta spec=LeaseSpec
LeaseSpec: holderIdentity=string leaseDurationSeconds=int32 acquireTime=time renewTime=time leaseTransitions=int32 strategy=string preferredHolder=string

Node: apiVersion=string kind=string metadata=ObjectMeta spec=NodeSpec status=NodeStatus
NodeSpec: podCIDR=string podCIDRs=[string]@ providerID=string unschedulable=bool taints=[any] configSource=any externalID=string
NodeStatus: capacity={quantity} allocatable={quantity} phase=string conditions=[Condition]@type addresses=[NodeAddress]@type daemonEndpoints=any nodeInfo=any images=[any] volumesInUse=[string] volumesAttached=[any] config=any runtimeHandlers=[any] features=any
NodeAddress: type=string address=string

Endpoints: apiVersion=string kind=string metadata=ObjectMeta subsets=[any]

EndpointSlice: apiVersion=string kind=string metadata=ObjectMeta addressType=string endpoints=[Endpoint]! ports=[EndpointPort]!
Endpoint: addresses=[string]! conditions=EndpointConditions hostname=string targetRef=ObjectReference deprecatedTopology={string} nodeName=string zone=string hints=any
EndpointConditions: ready=bool serving=bool terminating=bool
EndpointPort: name=string protocol=string port=int32 appProtocol=string

Service: apiVersion=string kind=string metadata=ObjectMeta spec=ServiceSpec status=ServiceStatus
ServiceSpec: ports=[ServicePort]@port selector={string} clusterIP=string clusterIPs=[string] type=string externalIPs=[string] sessionAffinity=string loadBalancerIP=string loadBalancerSourceRanges=[string] externalName=string externalTrafficPolicy=string healthCheckNodePort=int32 publishNotReadyAddresses=bool sessionAffinityConfig=any ipFamilies=[string] ipFamilyPolicy=string allocateLoadBalancerNodePorts=bool loadBalancerClass=string internalTrafficPolicy=string trafficDistribution=string
ServicePort: name=string protocol=string appProtocol=string port=int32 targetPort=intstr nodePort=int32
ServiceStatus: loadBalancer=LoadBalancerStatus conditions=[Condition]@type
LoadBalancerStatus: ingress=[any]

ReplicaSet: apiVersion=string kind=string metadata=ObjectMeta spec=ReplicaSetSpec status=ReplicaSetStatus
ReplicaSetSpec: replicas=int32 minReadySeconds=int32 selector=LabelSelector template=PodTemplateSpec
ReplicaSetStatus: replicas=int32 fullyLabeledReplicas=int32 readyReplicas=int32 availableReplicas=int32 terminatingReplicas=int32 observedGeneration=int64 conditions=[Condition]@type
PodTemplateSpec: metadata=ObjectMeta spec=PodSpec

DeleteOptions: apiVersion=string kind=string gracePeriodSeconds=int64 preconditions=Preconditions orphanDependents=bool propagationPolicy=string dryRun=[string] ignoreStoreReadErrorWithClusterBreakingPotential=bool
Preconditions: uid=string resourceVersion=string

Scale: apiVersion=string kind=string metadata=ObjectMeta spec=ScaleSpec status=ScaleStatus
ScaleSpec: replicas=int32
ScaleStatus: replicas=int32 selector=string

CustomResourceDefinition: apiVersion=string kind=string metadata=ObjectMeta spec=CustomResourceDefinitionSpec status=any
CustomResourceDefinitionSpec: group=string names=CustomResourceDefinitionNames scope=string versions=[any] conversion=any preserveUnknownFields=bool
CustomResourceDefinitionNames: plural=string singular=string shortNames=[string] kind=string listKind=string categories=[string]

Pod: apiVersion=string kind=string metadata=ObjectMeta spec=PodSpec status=PodStatus
PodSpec: volumes=[Volume]@name initContainers=[Container]@name containers=[Container]@name ephemeralContainers=[Container]@name restartPolicy=string terminationGracePeriodSeconds=int64 activeDeadlineSeconds=int64 dnsPolicy=string nodeSelector={string} serviceAccountName=string serviceAccount=string automountServiceAccountToken=bool nodeName=string hostNetwork=bool hostPID=bool hostIPC=bool shareProcessNamespace=bool securityContext=any imagePullSecrets=[LocalObjectReference]@name hostname=string subdomain=string affinity=any schedulerName=string tolerations=[Toleration] hostAliases=[HostAlias]@ip priorityClassName=string priority=int32 dnsConfig=any readinessGates=[any] runtimeClassName=string enableServiceLinks=bool preemptionPolicy=string overhead={quantity} topologySpreadConstraints=[any]@topologyKey setHostnameAsFQDN=bool os=any hostUsers=bool schedulingGates=[any]@name resourceClaims=[any]@name resources=ResourceRequirements
Toleration: key=string operator=string value=string effect=string tolerationSeconds=int64
HostAlias: ip=string hostnames=[string]
Container: name=string image=string command=[string] args=[string] workingDir=string ports=[ContainerPort]@containerPort envFrom=[EnvFromSource] env=[EnvVar]@name resources=ResourceRequirements resizePolicy=[any] restartPolicy=string volumeMounts=[VolumeMount]@mountPath volumeDevices=[any]@devicePath livenessProbe=Probe readinessProbe=Probe startupProbe=Probe lifecycle=Lifecycle terminationMessagePath=string terminationMessagePolicy=string imagePullPolicy=string securityContext=any stdin=bool stdinOnce=bool tty=bool targetContainerName=string
ContainerPort: name=string hostPort=int32 containerPort=int32 protocol=string hostIP=string
EnvFromSource: prefix=string configMapRef=OptionalReference secretRef=OptionalReference
OptionalReference: name=string optional=bool
EnvVar: name=string value=string valueFrom=EnvVarSource
EnvVarSource: fieldRef=ObjectFieldSelector resourceFieldRef=any configMapKeyRef=KeySelector secretKeyRef=KeySelector
ObjectFieldSelector: apiVersion=string fieldPath=string
KeySelector: name=string key=string optional=bool
ResourceRequirements: limits={quantity} requests={quantity} claims=[any]
VolumeMount: name=string readOnly=bool recursiveReadOnly=string mountPath=string subPath=string mountPropagation=string subPathExpr=string
Probe: exec=ExecAction httpGet=HTTPGetAction tcpSocket=TCPSocketAction grpc=GRPCAction initialDelaySeconds=int32 timeoutSeconds=int32 periodSeconds=int32 successThreshold=int32 failureThreshold=int32 terminationGracePeriodSeconds=int64
ExecAction: command=[string]
HTTPGetAction: path=string port=intstr host=string scheme=string httpHeaders=[HTTPHeader]
HTTPHeader: name=string value=string
TCPSocketAction: port=intstr host=string
GRPCAction: port=int32 service=string
Lifecycle: postStart=LifecycleHandler preStop=LifecycleHandler
LifecycleHandler: exec=ExecAction httpGet=HTTPGetAction tcpSocket=TCPSocketAction sleep=SleepAction
SleepAction: seconds=int64
Volume: name=string emptyDir=any hostPath=any configMap=any secret=any projected=any downwardAPI=any persistentVolumeClaim=any ephemeral=any csi=any nfs=any image=any awsElasticBlockStore=any gcePersistentDisk=any gitRepo=any iscsi=any glusterfs=any rbd=any flexVolume=any cinder=any cephfs=any flocker=any fc=any azureFile=any vsphereVolume=any quobyte=any azureDisk=any photonPersistentDisk=any portworxVolume=any scaleIO=any storageos=any
PodStatus: phase=string conditions=[Condition]@type message=string reason=string nominatedNodeName=string hostIP=string hostIPs=[PodIP] podIP=string podIPs=[PodIP]@ip startTime=time initContainerStatuses=[ContainerStatus] containerStatuses=[ContainerStatus] ephemeralContainerStatuses=[ContainerStatus] qosClass=string resize=string resourceClaimStatuses=[any]@name
PodIP: ip=string
ContainerStatus: name=string state=any lastState=any ready=bool restartCount=int32 image=string imageID=string containerID=string started=bool allocatedResources={quantity} resources=any volumeMounts=[any]@mountPath user=any allocatedResourcesStatus=[any]
)";
}

}  // namespace sluice::local
