#pragma once

// What the controllers count, in Prometheus' words: the names that Argo Rollouts exports, and ours
// under sluice_. Labels are bounded by the number of Rollouts.

#include "crds/rollout.h"

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

  /// Shows the Rollout's state as it was just written.
  void observe(const crds::Rollout& rollout);
  void forget(const ObjectKey& rollout);
  void reconciled(const ObjectKey& rollout, Duration took, bool failed);
  void told(const std::string& reason, bool warning);
  void measured(const std::string& provider, crds::AnalysisPhase phase);
  /// A run of the Rollout was judged bad; the routing write that answers it ends the measurement.
  void judged_bad(const ObjectKey& rollout, SteadyTime at);
  void routed_back(const ObjectKey& rollout, SteadyTime at);

  /// The exposition text, version 0.0.4.
  std::string text() const;

 private:
  struct Families;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace sluice::controller
