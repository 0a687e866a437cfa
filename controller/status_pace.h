#pragma once

// StatusPace: what of a status may wait a moment, and what the next plan stands on meanwhile.
//
// - A look that wrote to other objects leaves its status to the look that follows at once and sees
//   what came of it.
// - An update that goes on by itself after a pause is written with what the next step comes to,
//   where that is within a second; else after it.
// - Pods come and go one by one, and each makes numbers, and sentences with numbers in them, a
//   little different; nobody decides by that. Such changes, and those that only tell how an update
//   that is done is tidied up, are collected for two seconds.
// - What matters is written at once: an abort, a verdict, a pause, a promotion, a new reason to
//   wait.
//
// A decision that waits is kept, and the next plan stands on it as if it had been written: else
// it could undo what was done for its sake. It is dropped where somebody else wrote the status, or
// the spec: then the plan starts from the cluster, as that of a process does whose predecessor
// died. So nothing is lost with a process either: what led to the decision is in the cluster.

#include "base/object_meta.h"
#include "base/time.h"
#include "crds/rollout.h"

#include <cstdint>
#include <map>
#include <optional>

namespace sluice::controller {

/// Something of `after` is a decision that is not in `before`, and no report.
bool decides(const crds::RolloutStatus& before, const crds::RolloutStatus& after);

inline constexpr Duration kStatusPace = std::chrono::seconds(2);
inline constexpr Duration kStepPace = std::chrono::seconds(1);

class StatusPace {
 public:
  /// What the next plan stands on instead of the Rollout's status; null where nothing waits that
  /// was decided on this status and this spec.
  const crds::RolloutStatus* standing(const crds::Rollout& rollout) const;

  /// After a look that wrote to other objects: the next one may write the status. Not for ever,
  /// where each of them has something to write.
  bool leave(const crds::Rollout& rollout, const crds::RolloutStatus& decided, SteadyTime now);

  /// How long the write of `decided` may wait; zero where it is due.
  Duration wait(const crds::Rollout& rollout, const crds::RolloutStatus& decided, SteadyTime now);

  /// The status was written, or the Rollout is gone.
  void forget(const ObjectKey& rollout) { waiting_.erase(rollout); }

 private:
  struct Kept {
    crds::RolloutStatus stored;
    int64_t generation = 0;
    crds::RolloutStatus decided;
    SteadyTime since;
  };

  struct Waiting {
    SteadyTime since;  ///< When what is not written yet was first seen.
    int looks = 0;     ///< In a row that left it to the next one.
    std::optional<Kept> kept;
  };

  static bool stands(const Waiting& waiting, const crds::Rollout& rollout);
  static void keep(Waiting& waiting, const crds::Rollout& rollout,
                   const crds::RolloutStatus& decided, SteadyTime now);

  std::map<ObjectKey, Waiting> waiting_;
};

}  // namespace sluice::controller
