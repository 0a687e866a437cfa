#include "engine/identity/go_schema.h"

namespace sluice::engine {
namespace {

// Written as core/shape_tables.h describes.
constexpr std::string_view kStepShapes = R"(
Step setWeight?:int32 pause?:PauseStep experiment?:Experiment analysis?:Analysis setCanaryScale?:CanaryScale setHeaderRoute?:HeaderRoute setMirrorRoute?:MirrorRoute plugin?:PluginStep
PauseStep duration?:intstr
Analysis templates:[TemplateRef] args:[Argument] dryRun:[DryRun] measurementRetention:[Retention] analysisRunMetadata?:RunMetadata
TemplateRef templateName! clusterScope:bool
Argument name! value valueFrom?:ArgumentSource
ArgumentSource podTemplateHashValue? fieldRef?:ArgumentField
ArgumentField fieldPath!
DryRun metricName!
Retention metricName! limit!:int32
RunMetadata labels:{string} annotations:{string}
CanaryScale weight?:int32 replicas?:int32 matchTrafficWeight:bool
HeaderRoute name match:[HeaderMatch]
HeaderMatch headerName! headerValue?:StringMatch
StringMatch exact prefix regex
MirrorRoute name match:[RouteMatch] percentage?:int32
RouteMatch method?:StringMatch path?:StringMatch headers:{StringMatch}
PluginStep name! config:any
Experiment templates!:[ExperimentTemplate] duration analyses:[ExperimentAnalysis] dryRun:[DryRun] analysisRunMetadata~:RunMetadata
ExperimentTemplate name! specRef! replicas?:int32 metadata~:RunMetadata selector?:LabelSelector weight?:int32 service?:ExperimentService
ExperimentService name
ExperimentAnalysis name! templateName! clusterScope:bool args:[Argument] requiredForCompletion:bool
)";

}  // namespace

const core::Shape* find_go_shape(std::string_view name) {
  static const core::ShapeTable table({kStepShapes}, &core::kubernetes_shapes());
  return table.find(name);
}

}  // namespace sluice::engine
