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

  std::string operator()(const crds::SetMirrorRouteStep& step) const {
    return "setMirrorRoute: " + step.name;
  }

  std::string operator()(const crds::UnsupportedStep& step) const { return step.kind; }
};

/// The step that has the last word about each managed route, by the route's name.
std::map<std::string, const crds::Step*> managed_in_force(std::span<const crds::Step> steps,
                                                          int32_t index) {
  std::map<std::string, const crds::Step*> last;
  for (size_t i = 0; i < reached(steps, index); ++i)
    if (const auto route = managed_route(steps[i])) last[route->name] = &steps[i];
  return last;
}

/// The routes of one kind that are set, in the order of `managed_routes`.
template <typename StepType, typename Route>
std::vector<Route> routes_in_force(std::span<const crds::Step> steps, int32_t index,
                                   const std::vector<std::string>& managed_routes,
                                   Route (*route_of)(const StepType& step)) {
  const std::map<std::string, const crds::Step*> last = managed_in_force(steps, index);
  std::vector<Route> routes;
  for (const std::string& name : managed_routes) {
    const auto found = last.find(name);
    const auto* step = found == last.end() ? nullptr : std::get_if<StepType>(found->second);
    if (step != nullptr && !step->match.empty()) routes.push_back(route_of(*step));
  }
  return routes;
}

crds::HeaderRoute header_route_of(const crds::SetHeaderRouteStep& step) {
  return {step.name, step.match};
}

crds::MirrorRoute mirror_route_of(const crds::SetMirrorRouteStep& step) {
  constexpr int32_t kAll = 100;
  return {step.name, step.match, step.percentage.value_or(kAll)};
}

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
  return routes_in_force(steps, index, managed_routes, header_route_of);
}

std::vector<crds::MirrorRoute> mirror_routes_in_force(
    std::span<const crds::Step> steps, int32_t index,
    const std::vector<std::string>& managed_routes) {
  return routes_in_force(steps, index, managed_routes, mirror_route_of);
}

std::optional<ManagedRoute> managed_route(const crds::Step& step) {
  if (const auto* header = std::get_if<crds::SetHeaderRouteStep>(&step))
    return ManagedRoute{header->name, "header route", !header->match.empty()};
  if (const auto* mirror = std::get_if<crds::SetMirrorRouteStep>(&step))
    return ManagedRoute{mirror->name, "mirror route", !mirror->match.empty()};
  return std::nullopt;
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
