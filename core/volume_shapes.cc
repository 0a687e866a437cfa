#include "core/shape_tables.h"

namespace sluice::core {

std::string_view volume_shapes() {
  return R"(
Volume name! +VolumeSource
VolumeSource hostPath?:HostPathVolumeSource emptyDir?:EmptyDirVolumeSource=={} gcePersistentDisk?:GCEPersistentDiskVolumeSource awsElasticBlockStore?:AWSElasticBlockStoreVolumeSource gitRepo?:GitRepoVolumeSource secret?:SecretVolumeSource nfs?:NFSVolumeSource iscsi?:ISCSIVolumeSource glusterfs?:GlusterfsVolumeSource persistentVolumeClaim?:PersistentVolumeClaimVolumeSource rbd?:RBDVolumeSource flexVolume?:FlexVolumeSource cinder?:CinderVolumeSource cephfs?:CephFSVolumeSource flocker?:FlockerVolumeSource downwardAPI?:DownwardAPIVolumeSource fc?:FCVolumeSource azureFile?:AzureFileVolumeSource configMap?:ConfigMapVolumeSource vsphereVolume?:VsphereVirtualDiskVolumeSource quobyte?:QuobyteVolumeSource azureDisk?:AzureDiskVolumeSource photonPersistentDisk?:PhotonPersistentDiskVolumeSource projected?:ProjectedVolumeSource portworxVolume?:PortworxVolumeSource scaleIO?:ScaleIOVolumeSource storageos?:StorageOSVolumeSource csi?:CSIVolumeSource ephemeral?:EphemeralVolumeSource image?:ImageVolumeSource
HostPathVolumeSource path! type?<DirectoryOrCreate|Directory|FileOrCreate|File|Socket|CharDevice|BlockDevice>=""
EmptyDirVolumeSource medium sizeLimit?:quantity mode?:int32
GCEPersistentDiskVolumeSource pdName! fsType partition:int32 readOnly:bool
AWSElasticBlockStoreVolumeSource volumeID! fsType partition:int32 readOnly:bool
GitRepoVolumeSource repository! revision directory
SecretVolumeSource secretName items:[KeyToPath] defaultMode?:int32(0..511)=420 optional?:bool defaultUser?:int64
NFSVolumeSource server! path! readOnly:bool
ISCSIVolumeSource targetPortal! iqn! lun~:int32 iscsiInterface=!"default" fsType readOnly:bool portals:[string] chapAuthDiscovery:bool chapAuthSession:bool secretRef?:LocalObjectReference initiatorName?
GlusterfsVolumeSource endpoints! path! readOnly:bool
PersistentVolumeClaimVolumeSource claimName! readOnly:bool
RBDVolumeSource monitors!:[string] image! fsType pool=!"rbd" user=!"admin" keyring=!"/etc/ceph/keyring" secretRef?:LocalObjectReference readOnly:bool
FlexVolumeSource driver! fsType secretRef?:LocalObjectReference readOnly:bool options:{string}
CinderVolumeSource volumeID! fsType readOnly:bool secretRef?:LocalObjectReference
CephFSVolumeSource monitors!:[string] path user secretFile secretRef?:LocalObjectReference readOnly:bool
FlockerVolumeSource datasetName datasetUUID
DownwardAPIVolumeSource items:[DownwardAPIVolumeFile] defaultMode?:int32(0..511)=420 defaultUser?:int64
FCVolumeSource targetWWNs:[string] lun?:int32 fsType readOnly:bool wwids:[string]
AzureFileVolumeSource secretName! shareName! readOnly:bool
ConfigMapVolumeSource +LocalObjectReference items:[KeyToPath] defaultMode?:int32(0..511)=420 optional?:bool defaultUser?:int64
VsphereVirtualDiskVolumeSource volumePath! fsType storagePolicyName storagePolicyID
QuobyteVolumeSource registry! volume! readOnly:bool user group tenant
AzureDiskVolumeSource diskName! diskURI! cachingMode?<None|ReadOnly|ReadWrite>=!"ReadWrite" fsType?=!"ext4" readOnly?:bool=!false kind?<Shared|Dedicated|Managed>=!"Shared"
PhotonPersistentDiskVolumeSource pdID! fsType
ProjectedVolumeSource sources!:[VolumeProjection] defaultMode?:int32(0..511)=420 defaultUser?:int64
PortworxVolumeSource volumeID! fsType readOnly:bool
ScaleIOVolumeSource gateway! system! secretRef!null:LocalObjectReference sslEnabled:bool protectionDomain storagePool storageMode=!"ThinProvisioned" volumeName fsType=!"xfs" readOnly:bool
StorageOSVolumeSource volumeName volumeNamespace fsType readOnly:bool secretRef?:LocalObjectReference
CSIVolumeSource driver! readOnly?:bool fsType? volumeAttributes:{string} nodePublishSecretRef?:LocalObjectReference
EphemeralVolumeSource volumeClaimTemplate?:PersistentVolumeClaimTemplate
ImageVolumeSource reference pullPolicy<Always|Never|IfNotPresent>
KeyToPath key! path! mode?:int32 user?:int64
DownwardAPIVolumeFile path! fieldRef?:ObjectFieldSelector resourceFieldRef?:ResourceFieldSelector mode?:int32 user?:int64
VolumeProjection secret?:SecretProjection downwardAPI?:DownwardAPIProjection configMap?:ConfigMapProjection serviceAccountToken?:ServiceAccountTokenProjection clusterTrustBundle?:ClusterTrustBundleProjection podCertificate?:PodCertificateProjection
PersistentVolumeClaimTemplate metadata~:ObjectMeta spec!:PersistentVolumeClaimSpec
SecretProjection +LocalObjectReference items:[KeyToPath] optional?:bool
DownwardAPIProjection items:[DownwardAPIVolumeFile]
ConfigMapProjection +LocalObjectReference items:[KeyToPath] optional?:bool
ServiceAccountTokenProjection audience expirationSeconds?:int64(600..4294967296)=3600 path! user?:int64
ClusterTrustBundleProjection name? signerName? labelSelector?:LabelSelector optional?:bool path! user?:int64
PodCertificateProjection signerName keyType maxExpirationSeconds?:int32 credentialBundlePath keyPath certificateChainPath userAnnotations:{string} user?:int64
PersistentVolumeClaimSpec accessModes:[string] selector?:LabelSelector resources~:VolumeResourceRequirements volumeName storageClassName? volumeMode?<Block|Filesystem>="Filesystem" dataSource?:TypedLocalObjectReference dataSourceRef?:TypedObjectReference volumeAttributesClassName?
VolumeResourceRequirements limits:{quantity} requests:{quantity}
TypedLocalObjectReference apiGroup~null kind! name!
TypedObjectReference apiGroup~null kind! name! namespace?
)";
}

}  // namespace sluice::core
