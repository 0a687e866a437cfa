#include "engine/action.h"

#include <fmt/format.h>

namespace sluice::engine {
namespace {

std::string annotation_list(const std::map<std::string, std::optional<std::string>>& annotations) {
  std::string text;
  for (const auto& [key, value] : annotations)
    text += value ? fmt::format(" {}={}", key, *value) : fmt::format(" {}-", key);
  return text;
}

struct Describer {
  std::string operator()(const SetTraffic& action) const {
    const crds::Routes& routes = action.routes;
    const crds::Destination& canary = routes.canary();
    const crds::Destination& stable = routes.stable();
    std::string text = fmt::format("set traffic: canary {} ({} {}), stable {} ({} {}) of {}",
                                   canary.weight, canary.service, canary.hash, stable.weight,
                                   stable.service, stable.hash, routes.total);
    for (const crds::HeaderRoute& route : routes.header_routes)
      text += ", header route " + route.name;
    for (const crds::MirrorRoute& route : routes.mirror_routes)
      text += fmt::format(", mirror route {} of {}%", route.name, route.percentage);
    for (const crds::FormerPair& pair : routes.former)
      text += fmt::format(", former canary {} at most {}", pair.canary, pair.most);
    return text;
  }

  std::string operator()(const PointService& action) const {
    return fmt::format("point {} {} at {}", crds::side_kind(action.name), action.name, action.hash);
  }

  std::string operator()(const ReleaseService& action) const {
    return fmt::format("release {} {}", crds::side_kind(action.name), action.name);
  }

  std::string operator()(const CreateReplicaSet& action) const {
    return fmt::format("create {} with {} replicas", action.name, action.replicas);
  }

  std::string operator()(const PatchReplicaSet& action) const {
    std::string text = "patch " + action.name;
    if (action.scale) text += fmt::format(" from {} to {}", action.scale->from, action.scale->to);
    if (!action.template_patch.empty()) text += " template";
    return text + annotation_list(action.annotations);
  }

  std::string operator()(const DeleteReplicaSet& action) const { return "delete " + action.name; }

  std::string operator()(const CreateAnalysisRun& action) const {
    return fmt::format("create {} analysis run {}", to_string(action.type), action.name);
  }

  std::string operator()(const TerminateAnalysisRun& action) const {
    return "terminate analysis run " + action.name;
  }

  std::string operator()(const DeleteAnalysisRun& action) const {
    return "delete analysis run " + action.name;
  }

  std::string operator()(const PatchPod& action) const {
    return fmt::format("patch pod {}{}{}", action.name, annotation_list(action.labels),
                       annotation_list(action.annotations));
  }

  std::string operator()(const EvictPod& action) const { return "evict pod " + action.name; }

  std::string operator()(const AnnotateRollout& action) const {
    return "annotate rollout" + annotation_list(action.annotations);
  }
};

}  // namespace

bool CreateReplicaSet::operator==(const CreateReplicaSet& other) const {
  const bool same_template = pod_template && other.pod_template
                                 ? *pod_template == *other.pod_template
                                 : pod_template == other.pod_template;
  return same_template && name == other.name && hash == other.hash && replicas == other.replicas &&
         min_ready_seconds == other.min_ready_seconds && selector == other.selector &&
         labels == other.labels && annotations == other.annotations;
}

std::string_view to_string(AnalysisType type) {
  switch (type) {
    case AnalysisType::Step:
      return "Step";
    case AnalysisType::Background:
      return "Background";
    case AnalysisType::PrePromotion:
      return "PrePromotion";
    case AnalysisType::PostPromotion:
      return "PostPromotion";
  }
  return "";
}

bool touches_pods(const Action& action) {
  const auto* patch = std::get_if<PatchReplicaSet>(&action);
  return std::holds_alternative<EvictPod>(action) || std::holds_alternative<PatchPod>(action) ||
         (patch != nullptr && !patch->template_patch.empty());
}

std::string to_string(const Action& action) {
  return std::visit(Describer{}, action);
}

}  // namespace sluice::engine
