#pragma once

// What the canary steps up to some index ask for.

#include "crds/rollout.h"
#include "crds/routes.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine::canary {

/// The last setWeight at or before the index; 0 before the first one, `total` past the last step.
int64_t weight_in_force(std::span<const crds::Step> steps, int32_t index, int64_t total);

/// The setCanaryScale at or before the index that still holds; null where pods follow the weight.
const crds::SetCanaryScaleStep* scale_in_force(std::span<const crds::Step> steps, int32_t index);

/// A Rollout that has replicas has pods of its canary at the index.
bool has_canary_pods(std::span<const crds::Step> steps, int32_t index);

/// The header routes set at or before the index, in the order of `managed_routes`.
std::vector<crds::HeaderRoute> header_routes_in_force(
    std::span<const crds::Step> steps, int32_t index,
    const std::vector<std::string>& managed_routes);

/// The mirror routes, likewise.
std::vector<crds::MirrorRoute> mirror_routes_in_force(
    std::span<const crds::Step> steps, int32_t index,
    const std::vector<std::string>& managed_routes);

/// What a step says of a managed route.
struct ManagedRoute {
  std::string name;
  std::string_view kind;  ///< "header route", "mirror route"
  bool set = false;       ///< Otherwise it is taken away.
};

/// Nothing for steps that are about none.
std::optional<ManagedRoute> managed_route(const crds::Step& step);

/// The first step at or after the index at which the canary is looked at, a pause or an analysis;
/// the number of steps where there is none.
int32_t next_look(std::span<const crds::Step> steps, int32_t index);

/// "setWeight: 30", "pause: 5m0s", "pause", "analysis" …: for events and explanations.
std::string describe(const crds::Step& step);

}  // namespace sluice::engine::canary
