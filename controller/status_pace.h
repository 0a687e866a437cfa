#pragma once

// What of a status may wait a moment.
//
// A status holds decisions, which the next plan stands on, and a report of what was seen. A report
// may be left to the next look, a decision never: what was done for its sake can undo what it was
// taken for.
//
// StatusPace: Pods come and go one by one, and each makes
// numbers, and sentences with numbers in them, a little different; nobody decides by that, so such
// changes are collected, and written after two seconds or with the next change that matters, which
// is written at once.

#include "base/object_meta.h"
#include "base/time.h"
#include "crds/rollout.h"

#include <map>

namespace sluice::controller {

/// Something of `after` is a decision that is not in `before`.
bool decides(const crds::RolloutStatus& before, const crds::RolloutStatus& after);

inline constexpr Duration kStatusPace = std::chrono::seconds(2);

class StatusPace {
 public:
  /// How long the write of `after` may wait; zero where it tells more than `before` does in other
  /// numbers, and where it has waited long enough.
  Duration wait(const ObjectKey& rollout, const crds::RolloutStatus& before,
                const crds::RolloutStatus& after, SteadyTime now);

  void forget(const ObjectKey& rollout) { since_.erase(rollout); }

 private:
  std::map<ObjectKey, SteadyTime> since_;  ///< When what is not written yet was first seen.
};

}  // namespace sluice::controller
