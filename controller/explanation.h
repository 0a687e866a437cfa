#pragma once

// What the last plan of a Rollout came to, in words.

#include "engine/plan.h"

#include <string>
#include <vector>

namespace sluice::controller {

/// What another engine has made of a Rollout, and what Sluice would make of it now.
struct Decision {
  std::string aspect;  ///< "phase", "step", "weight" or "stable".
  std::string other;   ///< "" where it says nothing of it.
  std::string ours;
};

struct Explanation {
  std::vector<crds::Wait> waits;
  std::vector<engine::Reason> reasons;
  /// Of an observer: how it stands.
  std::vector<Decision> decisions{};
  /// Of an observer: where another engine did otherwise than Sluice would have, newest first.
  std::vector<std::string> differences{};
};

}  // namespace sluice::controller
