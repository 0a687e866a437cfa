#pragma once

// What lint looks at across objects: Services, routes, templates and arguments that a Rollout
// refers to. Where the input holds no object of the kind referred to, it cannot be known and is let
// pass.

#include "crds/lint.h"

namespace sluice::cli {

/// Services that are missing, managed by another Rollout, or select other pods.
crds::FieldProblems check_services(const Json& object, std::span<const Json* const> all);
/// A Service that two Rollouts name: each would point it at its own pods.
crds::FieldProblems check_shared_services(const Json& object, std::span<const Json* const> all);
/// Routes that are missing, or lack one of the Services.
crds::FieldProblems check_routes(const Json& object, std::span<const Json* const> all);
/// Templates that are missing, arguments that get no value, and metrics that hold a step up for
/// ever.
crds::FieldProblems check_analyses(const Json& object, std::span<const Json* const> all);

/// As in a manifest: "default" where nothing is said.
std::string namespace_of(const Json& object);
bool is_kind(const Json& object, std::string_view kind);

}  // namespace sluice::cli
