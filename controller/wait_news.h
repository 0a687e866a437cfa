#pragma once

// WaitNews: troubles among the waits are told once, as a warning event, when they begin. A trouble
// that comes and goes, as a crash loop does, is not told again before the Rollout has been without
// any wait. Only memory: after a restart what is still waited for is told once more.

#include "base/object_meta.h"
#include "crds/rollout.h"
#include "engine/plan.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::controller {

class WaitNews {
 public:
  /// The news of waits that were not told yet; what has events of its own is left out.
  std::vector<engine::Reason> take(const ObjectKey& rollout, const std::vector<crds::Wait>& waits);

  void forget(const ObjectKey& rollout) { told_.erase(rollout); }

 private:
  using Told = std::set<std::pair<std::string, std::string>>;  ///< Reason, name of the object.

  std::map<ObjectKey, Told> told_;
};

}  // namespace sluice::controller
