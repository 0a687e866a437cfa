#pragma once

// The routes of a VirtualService as a Rollout wants them: the weights of the two sides in its HTTP,
// TLS and TCP routes, and managed HTTP routes before those. All else stays as it is, also managed
// routes of other Rollouts, whatever their names. Pure, on JSON values.

#include "base/error.h"
#include "base/json.h"
#include "traffic/istio_reader.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace sluice::traffic {

struct EditedIstioRoutes {
  Json spec;
  /// What keeps the routes from being as they are asked for, each with its field; all else is.
  std::vector<Error> faults;
};

EditedIstioRoutes edit_istio_routes(const IstioReader& reader);

/// The JSON patch from one spec to the edited one; empty where they are equal. Where weights alone
/// differ it names only the routes that have them, so that it meets no other Rollout's write.
Json istio_routes_patch(const Json& from, const Json& to);

}  // namespace sluice::traffic
