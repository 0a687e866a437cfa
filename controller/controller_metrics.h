#pragma once

// What the controllers count, in Prometheus' words: the names that Argo Rollouts exports, and ours
// under sluice_. Labels are bounded by the number of Rollouts.

#include "crds/rollout.h"
#include "kube/leadership.h"

#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace sluice::controller {

class ControllerMetrics {
 public:
  ControllerMetrics();
  ~ControllerMetrics();
  ControllerMetrics(const ControllerMetrics&) = delete;
  ControllerMetrics& operator=(const ControllerMetrics&) = delete;

  /// Shows the Rollout's state as it was just written; an abort among it tells that the routing
  /// write before was the answer to a bad verdict.
  void observe(const crds::Rollout& rollout);
  void forget(const ObjectKey& rollout);
  void reconciled(const ObjectKey& rollout, Duration took, bool failed);
  /// An update went on from one to the other in a status that was written; counts those that ended.
  void followed(const crds::UpdateDuration& before, const crds::UpdateDuration& after);
  void told(const std::string& reason, bool warning);
  void measured(const std::string& provider, crds::AnalysisPhase phase);
  /// A run of the Rollout's current revision was judged bad. The verdict is forgotten where no
  /// abort follows: the revision is promoted all the same, or another one starts.
  void judged_bad(const crds::Rollout& rollout, SteadyTime at);
  /// The canary's traffic was taken back, for whatever reason.
  void routed_back(const ObjectKey& rollout, SteadyTime at);

  void show_standing(const kube::StandingReport& report);
  /// Another engine moved a Rollout as Sluice would have, or did otherwise, by that aspect.
  void compared(const std::string& aspect, bool agrees);

  /// The exposition text, version 0.0.4.
  std::string text() const;

 private:
  struct Families;

  void settle_verdict(const crds::Rollout& rollout);

  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace sluice::controller
