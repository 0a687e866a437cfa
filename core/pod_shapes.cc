#include "core/shape_tables.h"

namespace sluice::core {

// The pod template, in the order of Go's structs, with the fields of Kubernetes up to 1.37.
std::string_view pod_shapes() {
  return R"(
PodTemplateSpec metadata~:ObjectMeta spec~:PodSpec
PodSpec volumes:[Volume]@name! initContainers:[Container]@name! containers!:[Container]@name! ephemeralContainers:[EphemeralContainer]@name! restartPolicy<Always|OnFailure|Never>="Always" terminationGracePeriodSeconds?:int64=30 activeDeadlineSeconds?:int64 dnsPolicy<ClusterFirstWithHostNet|ClusterFirst|Default|None>="ClusterFirst" nodeSelector:{string} serviceAccountName serviceAccount automountServiceAccountToken?:bool nodeName hostNetwork:bool hostPID:bool hostIPC:bool shareProcessNamespace?:bool securityContext?:PodSecurityContext={} imagePullSecrets:[LocalObjectReference]@name hostname subdomain affinity?:Affinity schedulerName="default-scheduler" tolerations:[Toleration] hostAliases:[HostAlias]@ip priorityClassName priority?:int32 dnsConfig?:PodDNSConfig readinessGates:[PodReadinessGate] runtimeClassName? enableServiceLinks?:bool preemptionPolicy?<PreemptLowerPriority|Never> overhead:{quantity} topologySpreadConstraints:[TopologySpreadConstraint]@topologyKey setHostnameAsFQDN?:bool os?:PodOS hostUsers?:bool schedulingGates:[PodSchedulingGate]@name! resourceClaims:[PodResourceClaim]@name! resources?:ResourceRequirements hostnameOverride? schedulingGroup?:PodSchedulingGroup evictionResponders:[EvictionResponder]@name
Container name! image command:[string] args:[string] workingDir ports:[ContainerPort]@containerPort envFrom:[EnvFromSource] env:[EnvVar]@name resources~:ResourceRequirements={} resizePolicy:[ContainerResizePolicy] restartPolicy?<Always|Never|OnFailure> restartPolicyRules:[ContainerRestartRule] volumeMounts:[VolumeMount]@mountPath! volumeDevices:[VolumeDevice]@devicePath! livenessProbe?:Probe readinessProbe?:Probe startupProbe?:Probe lifecycle?:Lifecycle terminationMessagePath="/dev/termination-log" terminationMessagePolicy<File|FallbackToLogsOnError>="File" imagePullPolicy<Always|Never|IfNotPresent> securityContext?:SecurityContext=={} stdin:bool stdinOnce:bool tty:bool
EphemeralContainer +Container targetContainerName
PodSecurityContext seLinuxOptions?:SELinuxOptions windowsOptions?:WindowsSecurityContextOptions runAsUser?:int64(0..2147483647) runAsGroup?:int64(0..2147483647) runAsNonRoot?:bool supplementalGroups:[int64] supplementalGroupsPolicy?<Merge|Strict> fsGroup?:int64(0..2147483647) sysctls:[Sysctl] fsGroupChangePolicy?<OnRootMismatch|Always> seccompProfile?:SeccompProfile appArmorProfile?:AppArmorProfile seLinuxChangePolicy?<Recursive|MountOption>
LocalObjectReference name
Affinity nodeAffinity?:NodeAffinity podAffinity?:PodAffinity podAntiAffinity?:PodAntiAffinity
Toleration key operator<Exists|Equal|Lt|Gt> value effect<NoSchedule|PreferNoSchedule|NoExecute> tolerationSeconds?:int64
HostAlias ip! hostnames:[string]
PodDNSConfig nameservers:[string] searches:[string] options:[PodDNSConfigOption]
PodReadinessGate conditionType!
TopologySpreadConstraint maxSkew!:int32(1..) topologyKey! whenUnsatisfiable!<DoNotSchedule|ScheduleAnyway> labelSelector?:LabelSelector minDomains?:int32(1..) nodeAffinityPolicy?<Ignore|Honor> nodeTaintsPolicy?<Ignore|Honor> matchLabelKeys:[string]
PodOS name!<linux|windows>
PodSchedulingGate name!
PodResourceClaim name! resourceClaimName? resourceClaimTemplateName?
ResourceRequirements limits:{quantity} requests:{quantity} claims:[ResourceClaim]
PodSchedulingGroup podGroupName?
EvictionResponder name! priority!:int32
ContainerPort name hostPort:int32(0..65535) containerPort!:int32(1..65535) protocol<TCP|UDP|SCTP>=!"TCP" hostIP
EnvFromSource prefix configMapRef?:ConfigMapEnvSource secretRef?:SecretEnvSource
EnvVar name! value valueFrom?:EnvVarSource
ContainerResizePolicy resourceName! restartPolicy!<NotRequired|RestartContainer>
ContainerRestartRule action<Restart|RestartAllContainers> exitCodes?:ContainerRestartRuleOnExitCodes
VolumeMount name! readOnly:bool recursiveReadOnly?<Disabled|IfPossible|Enabled> mountPath! subPath mountPropagation?<None|HostToContainer|Bidirectional> subPathExpr bindMountOptions:[string]
VolumeDevice name! devicePath!
Probe +ProbeHandler initialDelaySeconds:int32(0..) timeoutSeconds:int32(0..)=1 periodSeconds:int32(0..)=10 successThreshold:int32(0..)=1 failureThreshold:int32(0..)=3 terminationGracePeriodSeconds?:int64
Lifecycle postStart?:LifecycleHandler preStop?:LifecycleHandler stopSignal?
SecurityContext capabilities?:Capabilities privileged?:bool seLinuxOptions?:SELinuxOptions windowsOptions?:WindowsSecurityContextOptions runAsUser?:int64(0..2147483647) runAsGroup?:int64(0..2147483647) runAsNonRoot?:bool readOnlyRootFilesystem?:bool allowPrivilegeEscalation?:bool procMount?<Default|Unmasked> seccompProfile?:SeccompProfile appArmorProfile?:AppArmorProfile
SELinuxOptions user role type level
WindowsSecurityContextOptions gmsaCredentialSpecName? gmsaCredentialSpec? runAsUserName? hostProcess?:bool
Sysctl name! value~
SeccompProfile type!<Unconfined|RuntimeDefault|Localhost> localhostProfile?
AppArmorProfile type!<Unconfined|RuntimeDefault|Localhost> localhostProfile?
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution?:NodeSelector preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
PodAffinity requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm] preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm] preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
PodDNSConfigOption name value?
ResourceClaim name! request
ConfigMapEnvSource +LocalObjectReference optional?:bool
SecretEnvSource +LocalObjectReference optional?:bool
EnvVarSource fieldRef?:ObjectFieldSelector resourceFieldRef?:ResourceFieldSelector configMapKeyRef?:ConfigMapKeySelector secretKeyRef?:SecretKeySelector fileKeyRef?:FileKeySelector
ContainerRestartRuleOnExitCodes operator<In|NotIn> values:[int32]
ProbeHandler exec?:ExecAction httpGet?:HTTPGetAction tcpSocket?:TCPSocketAction grpc?:GRPCAction
LifecycleHandler exec?:ExecAction httpGet?:HTTPGetAction tcpSocket?:TCPSocketAction sleep?:SleepAction
Capabilities add:[string] drop:[string]
NodeSelector nodeSelectorTerms!:[NodeSelectorTerm]
PreferredSchedulingTerm weight!:int32(1..100) preference!:NodeSelectorTerm
PodAffinityTerm labelSelector?:LabelSelector namespaces:[string] topologyKey! namespaceSelector?:LabelSelector matchLabelKeys:[string] mismatchLabelKeys:[string]
WeightedPodAffinityTerm weight!:int32(1..100) podAffinityTerm!:PodAffinityTerm
ObjectFieldSelector apiVersion="v1" fieldPath!
ResourceFieldSelector containerName resource! divisor~:quantity=="0"
ConfigMapKeySelector +LocalObjectReference key! optional?:bool
SecretKeySelector +LocalObjectReference key! optional?:bool
FileKeySelector volumeName! path! key! optional?:bool
ExecAction command:[string]
HTTPGetAction path="/" port!:intstr(1..65535) host scheme<HTTP|HTTPS>="HTTP" httpHeaders:[HTTPHeader] protocol?<HTTP1|HTTP2>
TCPSocketAction port!:intstr(1..65535) host
GRPCAction port!:int32(1..65535) service~null=!"" mode?<Plaintext|TLS>
SleepAction seconds!:int64(0..)
NodeSelectorTerm matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
HTTPHeader name! value~
NodeSelectorRequirement key! operator!<In|NotIn|Exists|DoesNotExist|Gt|Lt> values:[string]
)";
}

}  // namespace sluice::core
