#pragma once

// The CustomResourceDefinitions of crds/manifests, inside the program: what `sluice local`
// installs, what lint judges by, and what an installed cluster is compared with.

#include "crds/schema.h"

#include <span>
#include <string_view>

namespace sluice::crds {

struct Manifest {
  std::string_view name;  ///< The file's name without ending: "analysis_run".
  std::string_view yaml;
};

/// All manifests, sorted by name.
std::span<const Manifest> manifests();

/// The CustomResourceDefinition as a value.
Json parse_manifest(const Manifest& manifest);

/// The schema of one of our kinds ("Rollout"), or null for any other. Compiled at the first call
/// for its kind.
const Schema* find_schema(std::string_view kind);

}  // namespace sluice::crds
