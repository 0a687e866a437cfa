#pragma once

// What lint warns of: it is taken and run, but hardly as meant.

#include "crds/lint.h"

namespace sluice::cli {

/// Keys of the Gateway API plugin's block that it does not have. Plugin blocks have no schema: a
/// slip in a key would only show in what does not happen.
crds::FieldProblems find_unknown_plugin_keys(const Json& object, std::span<const Json* const> all);

/// Images of a Rollout without a version of their own: what ":latest" is moves, so that one
/// revision starts different programs, and a rollback does not bring the former one back.
crds::FieldProblems find_moving_images(const Json& object, std::span<const Json* const> all);

/// Sources of metrics whose address is that of all interfaces ("0.0.0.0"): servers listen there,
/// and nobody can be asked there.
crds::FieldProblems find_listening_addresses(const Json& object, std::span<const Json* const> all);

}  // namespace sluice::cli
