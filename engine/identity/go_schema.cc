#include "engine/identity/go_schema.h"

#include <map>
#include <sstream>

namespace sluice::engine {
namespace {

// One type a line: NAME then fields as name[?|!ZERO][:TYPE]. "?" is a pointer; "!" is always
// written, as the zero value that follows ("!" alone: an empty struct of its TYPE). The type of a
// list or a map is the type of its elements.
constexpr std::string_view kTable = R"(
PodTemplateSpec metadata!:ObjectMeta spec!:PodSpec
ObjectMeta name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp? deletionGracePeriodSeconds? labels annotations ownerReferences finalizers managedFields
PodSpec volumes:Volume initContainers:Container containers!null:Container ephemeralContainers:Container restartPolicy terminationGracePeriodSeconds? activeDeadlineSeconds? dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken? nodeName hostNetwork hostPID hostIPC shareProcessNamespace? securityContext?:PodSecurityContext imagePullSecrets:LocalObjectReference hostname subdomain affinity?:Affinity schedulerName tolerations:Toleration hostAliases:HostAlias priorityClassName priority? dnsConfig?:PodDNSConfig readinessGates:ReadinessGate runtimeClassName? enableServiceLinks? preemptionPolicy? overhead:Quantity topologySpreadConstraints:TopologySpread setHostnameAsFQDN? os?:Named hostUsers? schedulingGates:Named resourceClaims:PodResourceClaim resources?:Resources hostnameOverride?
Container name!"" image command args workingDir ports:ContainerPort envFrom:EnvFrom env:EnvVar resources!:Resources resizePolicy:ResizePolicy restartPolicy? restartPolicyRules volumeMounts:VolumeMount volumeDevices:VolumeDevice livenessProbe?:Probe readinessProbe?:Probe startupProbe?:Probe lifecycle?:Lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext?:SecurityContext stdin stdinOnce tty targetContainerName
ContainerPort name hostPort containerPort!0 protocol hostIP
EnvFrom prefix configMapRef?:OptionalRef secretRef?:OptionalRef
OptionalRef name optional?
EnvVar name!"" value valueFrom?:EnvVarSource
EnvVarSource fieldRef?:FieldRef resourceFieldRef?:ResourceFieldRef configMapKeyRef?:KeyRef secretKeyRef?:KeyRef fileKeyRef?
FieldRef apiVersion fieldPath!""
ResourceFieldRef containerName resource!"" divisor!"0":Quantity
KeyRef name key!"" optional?
Resources limits:Quantity requests:Quantity claims:ResourceClaim
ResourceClaim name!"" request
ResizePolicy resourceName!"" restartPolicy!""
VolumeMount name!"" readOnly recursiveReadOnly? mountPath!"" subPath mountPropagation? subPathExpr
VolumeDevice name!"" devicePath!""
Probe exec?:ExecAction httpGet?:HttpGet tcpSocket?:TcpSocket grpc?:Grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds?
ExecAction command
HttpGet path port!0 host scheme httpHeaders:NameValue
NameValue name!"" value!""
TcpSocket port!0 host
Grpc port!0 service!null
Lifecycle postStart?:LifecycleHandler preStop?:LifecycleHandler stopSignal?
LifecycleHandler exec?:ExecAction httpGet?:HttpGet tcpSocket?:TcpSocket sleep?:Sleep
Sleep seconds!0
SecurityContext capabilities?:Capabilities privileged? seLinuxOptions?:SELinuxOptions windowsOptions? runAsUser? runAsGroup? runAsNonRoot? readOnlyRootFilesystem? allowPrivilegeEscalation? procMount? seccompProfile?:Profile appArmorProfile?:Profile
Capabilities add drop
SELinuxOptions user role type level
Profile type!"" localhostProfile?
PodSecurityContext seLinuxOptions?:SELinuxOptions windowsOptions? runAsUser? runAsGroup? runAsNonRoot? supplementalGroups supplementalGroupsPolicy? fsGroup? sysctls:NameValue fsGroupChangePolicy? seccompProfile?:Profile appArmorProfile?:Profile seLinuxChangePolicy?
LocalObjectReference name
Named name!""
Affinity nodeAffinity?:NodeAffinity podAffinity?:PodAffinity podAntiAffinity?:PodAffinity
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution?:NodeSelector preferredDuringSchedulingIgnoredDuringExecution:PreferredTerm
NodeSelector nodeSelectorTerms!null:NodeSelectorTerm
NodeSelectorTerm matchExpressions:Requirement matchFields:Requirement
Requirement key!"" operator!"" values
PreferredTerm weight!0 preference!:NodeSelectorTerm
PodAffinity requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution:WeightedTerm
WeightedTerm weight!0 podAffinityTerm!:PodAffinityTerm
PodAffinityTerm labelSelector?:LabelSelector namespaces topologyKey!"" namespaceSelector?:LabelSelector matchLabelKeys mismatchLabelKeys
LabelSelector matchLabels matchExpressions:Requirement
Toleration key operator value effect tolerationSeconds?
HostAlias ip!"" hostnames
PodDNSConfig nameservers searches options:DnsOption
DnsOption name value?
ReadinessGate conditionType!""
TopologySpread maxSkew!0 topologyKey!"" whenUnsatisfiable!"" labelSelector?:LabelSelector minDomains? nodeAffinityPolicy? nodeTaintsPolicy? matchLabelKeys
PodResourceClaim name!"" resourceClaimName? resourceClaimTemplateName?
Volume name!"" hostPath?:HostPath emptyDir?:EmptyDir gcePersistentDisk? awsElasticBlockStore? gitRepo? secret?:SecretVolume nfs?:Nfs iscsi? glusterfs? persistentVolumeClaim?:VolumeClaim rbd? flexVolume? cinder? cephfs? flocker? downwardAPI?:DownwardApi fc? azureFile? configMap?:ConfigMapVolume vsphereVolume? quobyte? azureDisk? photonPersistentDisk? projected?:Projected portworxVolume? scaleIO? storageos? csi?:Csi ephemeral? image?:ImageVolume
HostPath path!"" type?
EmptyDir medium sizeLimit?:Quantity
SecretVolume secretName items:KeyToPath defaultMode? optional?
KeyToPath key!"" path!"" mode?
Nfs server!"" path!"" readOnly
VolumeClaim claimName!"" readOnly
DownwardApi items:DownwardFile defaultMode?
DownwardFile path!"" fieldRef?:FieldRef resourceFieldRef?:ResourceFieldRef mode?
ConfigMapVolume name items:KeyToPath defaultMode? optional?
Projected sources!null:ProjectedSource defaultMode?
ProjectedSource secret?:ConfigMapVolume downwardAPI?:DownwardApi configMap?:ConfigMapVolume serviceAccountToken?:TokenProjection clusterTrustBundle? podCertificate?
TokenProjection audience expirationSeconds? path!""
Csi driver!"" readOnly? fsType? volumeAttributes nodePublishSecretRef?:LocalObjectReference
ImageVolume reference pullPolicy
Step setWeight? pause?:PauseStep experiment?:Experiment analysis?:Analysis setCanaryScale?:CanaryScale setHeaderRoute?:HeaderRoute setMirrorRoute?:MirrorRoute plugin?:PluginStep
PauseStep duration?
Analysis templates:TemplateRef args:Argument dryRun:DryRun measurementRetention:Retention analysisRunMetadata?:RunMetadata
TemplateRef templateName!"" clusterScope
Argument name!"" value valueFrom?:ArgumentSource
ArgumentSource podTemplateHashValue? fieldRef?:ArgumentField
ArgumentField fieldPath!""
DryRun metricName!""
Retention metricName!"" limit!0
RunMetadata labels annotations
CanaryScale weight? replicas? matchTrafficWeight
HeaderRoute name match:HeaderMatch
HeaderMatch headerName!"" headerValue?:StringMatch
StringMatch exact prefix regex
MirrorRoute name match:RouteMatch percentage?
RouteMatch method?:StringMatch path?:StringMatch headers:StringMatch
PluginStep name!"" config
Experiment templates!null:ExperimentTemplate duration analyses:ExperimentAnalysis dryRun:DryRun analysisRunMetadata!:RunMetadata
ExperimentTemplate name!"" specRef!"" replicas? metadata!:RunMetadata selector?:LabelSelector weight? service?:ExperimentService
ExperimentService name
ExperimentAnalysis name!"" templateName!"" clusterScope args:Argument requiredForCompletion
)";

GoField read_field(const std::string& word) {
  GoField field;
  const size_t name_end = word.find_first_of("?!:");
  field.name = word.substr(0, name_end);
  if (name_end == std::string::npos) return field;
  const size_t colon = word.find(':', name_end);
  if (colon != std::string::npos) field.type = word.substr(colon + 1);
  if (word[name_end] == '?') field.presence = Presence::Pointer;
  if (word[name_end] == '!') {
    field.presence = Presence::Always;
    const size_t zero_end = colon == std::string::npos ? word.size() : colon;
    field.zero = word.substr(name_end + 1, zero_end - name_end - 1);
  }
  return field;
}

using Types = std::map<std::string, std::vector<GoField>, std::less<>>;

Types read_table() {
  Types types;
  std::istringstream lines{std::string(kTable)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name)) continue;
    for (std::string word; words >> word;) types[name].push_back(read_field(word));
  }
  return types;
}

}  // namespace

const std::vector<GoField>* find_go_type(std::string_view type) {
  static const Types types = read_table();
  const auto found = types.find(type);
  return found == types.end() ? nullptr : &found->second;
}

}  // namespace sluice::engine
