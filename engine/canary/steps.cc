#include "engine/canary/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace sluice::engine::canary {
namespace {

/// How many steps are at or before the index.
size_t reached(std::span<const crds::Step> steps, int32_t index) {
  return std::min(steps.size(), static_cast<size_t>(std::max(index, -1) + 1));
}

struct Describer {
  std::string operator()(const crds::SetWeightStep& step) const {
    return fmt::format("setWeight: {}", step.weight);
  }

  std::string operator()(const crds::PauseStep& step) const {
    return step.duration ? "pause: " + format_duration(*step.duration) : "pause";
  }

  std::string operator()(const crds::SetCanaryScaleStep& step) const {
    if (step.match_traffic_weight) return "setCanaryScale: match traffic weight";
    if (step.replicas) return fmt::format("setCanaryScale: {} replicas", *step.replicas);
    return fmt::format("setCanaryScale: weight {}", step.weight.value_or(0));
  }

  std::string operator()(const crds::AnalysisStep& /*step*/) const { return "analysis"; }

  std::string operator()(const crds::SetHeaderRouteStep& step) const {
    return "setHeaderRoute: " + step.name;
  }

  std::string operator()(const crds::UnsupportedStep& step) const { return step.kind; }
};

}  // namespace

int64_t weight_in_force(std::span<const crds::Step> steps, int32_t index, int64_t total) {
  if (index >= static_cast<int32_t>(steps.size())) return total;
  for (size_t i = reached(steps, index); i > 0; --i)
    if (const auto* step = std::get_if<crds::SetWeightStep>(&steps[i - 1]))
      return std::clamp<int64_t>(step->weight, 0, total);
  return 0;
}

const crds::SetCanaryScaleStep* scale_in_force(std::span<const crds::Step> steps, int32_t index) {
  if (index >= static_cast<int32_t>(steps.size())) return nullptr;
  for (size_t i = reached(steps, index); i > 0; --i) {
    const auto* step = std::get_if<crds::SetCanaryScaleStep>(&steps[i - 1]);
    if (step != nullptr) return step->match_traffic_weight ? nullptr : step;
  }
  return nullptr;
}

bool has_canary_pods(std::span<const crds::Step> steps, int32_t index) {
  if (const crds::SetCanaryScaleStep* scale = scale_in_force(steps, index))
    return scale->replicas ? *scale->replicas > 0 : scale->weight.value_or(0) > 0;
  return weight_in_force(steps, index, 1) > 0;
}

std::vector<crds::HeaderRoute> header_routes_in_force(
    std::span<const crds::Step> steps, int32_t index,
    const std::vector<std::string>& managed_routes) {
  std::map<std::string, std::vector<crds::HeaderMatch>> set;
  for (size_t i = 0; i < reached(steps, index); ++i) {
    const auto* step = std::get_if<crds::SetHeaderRouteStep>(&steps[i]);
    if (step == nullptr) continue;
    if (step->match.empty())
      set.erase(step->name);
    else
      set[step->name] = step->match;
  }
  std::vector<crds::HeaderRoute> routes;
  for (const std::string& name : managed_routes) {
    const auto found = set.find(name);
    if (found != set.end()) routes.push_back({name, found->second});
  }
  return routes;
}

int32_t next_look(std::span<const crds::Step> steps, int32_t index) {
  const auto looks = [](const crds::Step& step) {
    return std::holds_alternative<crds::PauseStep>(step) ||
           std::holds_alternative<crds::AnalysisStep>(step);
  };
  const auto from = steps.begin() + std::min<ptrdiff_t>(index, std::ssize(steps));
  return static_cast<int32_t>(std::find_if(from, steps.end(), looks) - steps.begin());
}

std::string describe(const crds::Step& step) {
  return std::visit(Describer{}, step);
}

}  // namespace sluice::engine::canary
