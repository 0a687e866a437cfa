#pragma once

// What a Rollout lays over the pod template of a ReplicaSet: labels and annotations by role
// (canaryMetadata, activeMetadata …) and the anti-affinity against the stable revision's pods. None
// of it is the revision's own: it changes no hash, and goes when the role changes. The ReplicaSet's
// annotations remember it, so that it can be taken off again, by whoever comes next:
//
//   rollout.argoproj.io/ephemeral-metadata  what was put in, as JSON, as Argo remembers it
//   sluice.dev/hidden-metadata              what the template itself had under the same keys
//   sluice.dev/anti-affinity                the hash whose pods are kept away from

#include "base/json.h"
#include "crds/rollout.h"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>

namespace sluice::crds {

/// What is to lie over a template.
struct PodOverlay {
  PodMetadata metadata;
  /// antiAffinity as the strategy has it; null for none.
  JsonText anti_affinity;
  std::string away_from;  ///< The hash whose pods are kept away from.
};

/// An overlay put into a template, and how the annotations of its ReplicaSet have to change; those
/// without a value are removed.
struct Overlaid {
  Json pod_template;
  std::map<std::string, std::optional<std::string>> annotations;
};

/// True where the annotations say that just this overlay is there.
bool has_overlay(const StringMap& annotations, const PodOverlay& overlay);

/// The template of a ReplicaSet with these annotations, with that overlay in the place of the one
/// that it has.
Overlaid overlay_template(const Json& pod_template, const StringMap& annotations,
                          const PodOverlay& overlay);

/// The template as the revision has it.
Json bare_template(Json pod_template, const StringMap& annotations);

/// Labels and annotations; those without a value are absent.
struct MetadataChange {
  std::map<std::string, std::optional<std::string>> labels;
  std::map<std::string, std::optional<std::string>> annotations;

  bool operator==(const MetadataChange&) const = default;
};

/// What was put in, as the annotations say.
PodMetadata overlaid_metadata(const StringMap& annotations);

/// What pods that were made with the overlay of `before` have to become with that of `after`, both
/// the annotations of their ReplicaSet.
MetadataChange metadata_change(const StringMap& before, const StringMap& after);

MetadataChange decode_metadata_change(std::string_view text);
std::string encode_metadata_change(const MetadataChange& change);

}  // namespace sluice::crds
