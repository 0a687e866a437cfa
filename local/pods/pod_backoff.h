#pragma once

// How long a container that ended waits before it runs again, as the kubelet counts it: the first
// restart is at once, then 10 s, doubling to 5 min; ten minutes without a restart forget it all.
// Pure.

#include "base/time.h"

#include <optional>

namespace sluice::local {

inline constexpr Duration kRestartFirst = std::chrono::seconds(10);
inline constexpr Duration kRestartLongest = std::chrono::minutes(5);
inline constexpr Duration kRestartForget = 2 * kRestartLongest;

class RestartBackoff {
 public:
  /// The container ended at `finished`: returns how long to wait from then on.
  Duration next(SteadyTime finished);

 private:
  std::optional<SteadyTime> last_;
  Duration wait_{};
};

}  // namespace sluice::local
