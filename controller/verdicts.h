#pragma once

// Verdicts: the AnalysisRuns of Rollouts that have ended badly, from the moment on at which this
// process finds it until that is stored. By such a verdict traffic is taken back, and nothing else
// is done: neither the write of the run's status nor the watch that tells of it is waited for. What
// a Rollout's status decides stands on what is stored, and so does whatever a good end allows.
//
// Only memory, for one term. A process that dies before it has stored a verdict has at most taken
// traffic from a revision that the next one measures once more.

#include "base/object_meta.h"
#include "crds/analysis.h"
#include "engine/snapshot.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::controller {

class Verdicts {
 public:
  using Heard = std::function<void(const ObjectKey& rollout)>;

  /// Is told which Rollout a new verdict concerns. One at a time: the last one.
  void observe(Heard heard) { heard_ = std::move(heard); }

  /// Takes in what a run is found to come to; one that does not end badly is forgotten. True where
  /// it is a verdict that was not known yet.
  bool take(const ObjectMeta& run, const crds::AnalysisRunStatus& status);

  /// The run is stored as it ended, or gone.
  void forget(const ObjectKey& run);

  bool empty() const { return verdicts_.empty(); }

  /// One of the Rollout's runs has ended badly, which is not stored yet.
  bool concern(const ObjectKey& rollout) const { return verdicts_.contains(rollout); }

  /// Puts what is known into what the caches show of the Rollout's runs.
  void show(const ObjectKey& rollout, std::vector<engine::AnalysisRun>& runs) const;

 private:
  struct Verdict {
    std::string uid;
    crds::AnalysisPhase phase = crds::AnalysisPhase::None;
    std::string message;
  };

  Heard heard_;
  std::map<ObjectKey, std::map<std::string, Verdict>> verdicts_;  ///< By Rollout and run's name.
};

}  // namespace sluice::controller
