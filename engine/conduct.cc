#include "engine/conduct.h"

#include "crds/routes.h"

#include <utility>
#include <variant>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultDelaySeconds = 30;

struct Conductor {
  int64_t replicas;

  Conduct operator()(const std::monostate& /*none*/) const { return {}; }

  Conduct operator()(const crds::CanaryStrategy& canary) const {
    const int32_t delay = canary.scale_down_delay_seconds.value_or(kDefaultDelaySeconds);
    crds::Sides sides = crds::sides_of(canary);
    const bool beside = sides.stable != canary.stable_service;
    return {
        .serving_service = std::move(sides.stable),
        .trying_service = std::move(sides.canary),
        .serving_twin = beside ? canary.stable_service : "",
        .trying_twin = beside ? canary.canary_service : "",
        .steps = canary.steps,
        .routing = canary.traffic_routing ? &*canary.traffic_routing : nullptr,
        .limits = surge_limits(canary.max_surge, canary.max_unavailable, replicas),
        .serving_metadata = canary.stable_metadata ? &*canary.stable_metadata : nullptr,
        .trying_metadata = canary.canary_metadata ? &*canary.canary_metadata : nullptr,
        .anti_affinity = canary.anti_affinity,
        .dynamic_stable_scale = canary.dynamic_stable_scale,
        .keeps_old_pods = canary.traffic_routing.has_value(),
        // Where pods went step by step none is left to keep.
        .old_delay_seconds = canary.dynamic_stable_scale ? 0 : delay,
        .abort_delay_seconds = canary.abort_scale_down_delay_seconds.value_or(kDefaultDelaySeconds),
        .delayed_revisions = canary.scale_down_delay_revision_limit};
  }

  Conduct operator()(const crds::BlueGreenStrategy& blue_green) const {
    return {
        .serving_service = blue_green.active_service,
        .trying_service = blue_green.preview_service,
        .serving_twin = {},
        .trying_twin = {},
        .steps = {},
        .routing = nullptr,
        .limits = surge_limits(std::nullopt, blue_green.max_unavailable, replicas),
        .serving_metadata = blue_green.active_metadata ? &*blue_green.active_metadata : nullptr,
        .trying_metadata = blue_green.preview_metadata ? &*blue_green.preview_metadata : nullptr,
        .anti_affinity = blue_green.anti_affinity,
        .keeps_old_pods = true,
        .all_at_once = true,
        .old_delay_seconds = blue_green.scale_down_delay_seconds.value_or(kDefaultDelaySeconds),
        .abort_delay_seconds =
            blue_green.abort_scale_down_delay_seconds.value_or(kDefaultDelaySeconds),
        .delayed_revisions = blue_green.scale_down_delay_revision_limit};
  }
};

}  // namespace

Conduct conduct_of(const crds::Strategy& strategy, int64_t replicas) {
  return std::visit(Conductor{replicas}, strategy);
}

}  // namespace sluice::engine
