#pragma once

// Why a Rollout stands where it stands, and what comes next: what `sluice explain` says. From the
// objects of the API alone, so that it can be told without a controller. Pure. What is waited for
// is told in the words of status.waitingFor and in no others (docs/waiting.md).

#include "cli/look/rollout_info.h"

#include <string>
#include <vector>

namespace sluice::cli {

struct Explanation {
  std::string name;
  std::string state;                ///< "Paused - CanaryPauseStep: until somebody promotes"
  std::string freeze;               ///< "" where there is none.
  std::vector<crds::Wait> waits;    ///< The most pressing first.
  std::string at;                   ///< "step 1/4 (pause)"; "" where no update is under way.
  std::string next;                 ///< What happens once nothing is waited for.
  std::vector<std::string> doings;  ///< Of people, newest first: who, what, when, why.
  std::string verdict;              ///< What the newest analysis run has seen; "" without a run.
};

Explanation explain_rollout(const RolloutObjects& objects, SystemTime now);

/// Some lines, each `Key: what`.
std::string render_explanation(const Explanation& explanation);

/// The same for `-o json`: stable field names.
Json encode_explanation(const Explanation& explanation);

}  // namespace sluice::cli
