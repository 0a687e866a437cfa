#pragma once

// Which overlay (crds/pod_overlay.h) the pods of each revision have, by what the revision is to the
// update. Pods to come get it by the ReplicaSet's template; those that run are patched, without a
// restart, a few at a time. A ReplicaSet whose pods are not all done says so in the annotation
// sluice.dev/pods-to-adapt, so that a process that was killed carries on.

#include "crds/pod_overlay.h"
#include "engine/draft.h"

#include <map>
#include <optional>
#include <string>

namespace sluice::engine {

/// So many pods are patched with one plan.
inline constexpr size_t kPodsAdaptedAtOnce = 10;

/// That of the ReplicaSet; of the one that is yet to be made where it is null.
crds::PodOverlay wanted_overlay(const Draft& draft, const ReplicaSet* replica_set);

/// How a ReplicaSet has to change to have its overlay.
struct OverlayChange {
  std::string template_patch;  ///< PatchReplicaSet::template_patch
  std::map<std::string, std::optional<std::string>> annotations;
};

/// Nothing to change where it has it, or where its template cannot be read.
OverlayChange overlay_change(const Draft& draft, const ReplicaSet& replica_set);

/// Brings the pods that run after the overlays of their ReplicaSets.
void adapt_pods(Draft& draft);

}  // namespace sluice::engine
