#pragma once

// RolloutGauges: what is shown of each Rollout for itself. Series are made when somebody asks for
// them: in a large cluster they would take more room than the Rollouts.

#include "crds/rollout.h"

#include <map>
#include <string>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace sluice::controller {

class RolloutGauges {
 public:
  void show(const crds::Rollout& rollout);

  void forget(const ObjectKey& rollout) { shown_.erase(rollout); }

  std::vector<prometheus::MetricFamily> collect() const;

 private:
  struct Shown {
    crds::RolloutPhase phase = crds::RolloutPhase::None;
    bool blue_green = false;
    std::string router;
    int32_t desired = 0;
    int32_t available = 0;
    int32_t updated = 0;
    int64_t weight = 0;
  };

  std::map<ObjectKey, Shown> shown_;
};

}  // namespace sluice::controller
