#include "local/pods/pod_backoff.h"

#include <algorithm>

namespace sluice::local {

Duration RestartBackoff::next(SteadyTime finished) {
  if (!last_ || finished - *last_ > kRestartForget) {
    wait_ = {};
    last_ = finished;
    return {};
  }
  wait_ = wait_ == Duration{} ? kRestartFirst : std::min(2 * wait_, kRestartLongest);
  last_ = finished + wait_;
  return wait_;
}

}  // namespace sluice::local
