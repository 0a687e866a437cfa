#pragma once

// What the last plan of a Rollout came to, in words.

#include "engine/plan.h"

#include <string>
#include <vector>

namespace sluice::controller {

struct Explanation {
  std::vector<crds::Wait> waits;
  std::vector<engine::Reason> reasons;
  /// Of an observer: where another engine did otherwise than Sluice would have, newest first.
  std::vector<std::string> differences;
};

}  // namespace sluice::controller
