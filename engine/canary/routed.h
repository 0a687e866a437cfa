#pragma once

// A canary whose traffic routers split: what weight the canary may have now, and how many pods
// either side needs. The rules that keep users safe:
// - The canary has weight only while its Service (or subset) selects the current revision and at
//   least one of its pods is available.
// - More weight waits for the pods that carry it; less weight goes first, pods follow once the
//   routers confirm.
// - Traffic never returns to a stable revision without an available pod.

#include "base/time.h"
#include "engine/draft.h"

#include <cstdint>
#include <optional>

namespace sluice::engine::canary {

/// What a step asks for. Without canary pods to send it to, the weight is 0.
struct RoutedGoal {
  int64_t weight = 0;
  int64_t canary_pods = 0;
};

RoutedGoal routed_goal(const Facts& facts, int32_t index);

/// The current revision has that many pods, and enough of them are available.
bool canary_ready(const Facts& facts, int64_t wanted);

/// Who takes the canary side's traffic now; null where nobody is known to.
const ReplicaSet* carrier(const Facts& facts);

/// Traffic of the canary side reaches the current revision.
bool canary_side_is_current(const Facts& facts);

/// Traffic of the stable side reaches the current revision.
bool stable_side_is_current(const Facts& facts);

/// Pods that take the stable side's traffic; absent where the Service is not restricted yet.
std::optional<int64_t> stable_side_serving(const Facts& facts);

/// The canary weight that is wanted, and what it may be now: more than that only as long as the
/// stable side could not bear the rest, or may still send it to the revision before.
struct CanaryWeight {
  int64_t wanted = 0;
  int64_t now = 0;
  std::optional<SystemTime> hand_over_end;  ///< Until when the latter is feared.
};

CanaryWeight canary_weight(const Draft& draft);

/// The sizes to set now.
int64_t routed_canary_size(const Draft& draft);
int64_t routed_stable_size(const Draft& draft);

}  // namespace sluice::engine::canary
