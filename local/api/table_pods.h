#pragma once

// The one table that takes thought: what `kubectl get pods` says of a pod's state.

#include "base/json.h"
#include "base/time.h"

#include <vector>

namespace sluice::local {

/// Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates.
std::vector<Json> pod_cells(const Json& pod, SystemTime now);

}  // namespace sluice::local
