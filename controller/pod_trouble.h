#pragma once

// Why a pod does not become available, from its own status, in one sentence that stays the same
// while nothing changes: kubelets say the same obstacle in turns as ErrImagePull and
// ImagePullBackOff, and count their back-off aloud.

#include "base/json.h"
#include "engine/snapshot.h"

#include <optional>
#include <vector>

namespace sluice::controller {

/// The worst of what the pods (as JSON) have; nothing where they are merely starting. Pods that are
/// being deleted do not count.
std::optional<engine::PodTrouble> find_pod_trouble(const std::vector<Json>& pods);

/// The newer one, but in the older one's words where those say more about the same.
engine::PodTrouble fuller(const engine::PodTrouble& older, engine::PodTrouble newer);

}  // namespace sluice::controller
