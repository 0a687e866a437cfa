#pragma once

// What Argo Rollouts has left in a namespace at five moments (tests/controller/argo): a canary with
// Services and pod metadata, a blue-green Rollout, and one that takes its template from a
// Deployment.

#include "base/json.h"
#include "base/time.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sluice::controller::test {

/// Whose hashes the ReplicaSets bear.
enum class Labels {
  AsRecorded,  ///< Argo's since Kubernetes 1.34.
  OlderForm,   ///< Argo's up to 1.8.
  Unknown,     ///< Some other writer's: only what the templates say tells the revisions.
};

struct ArgoObjects {
  std::vector<Json> objects;
  SystemTime taken_at;  ///< When the last of their statuses was written.
};

/// `moment` is the name of a file without its ending. All that bears a hash bears the other one:
/// names, labels, selectors, statuses.
ArgoObjects argo_objects(const std::string& moment, Labels labels = Labels::AsRecorded);

}  // namespace sluice::controller::test
