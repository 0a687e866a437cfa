#pragma once

// Services of a Rollout that is gone are given back: without the hash in its selector a Service
// works for whatever comes after.

#include "controller/cluster_view.h"
#include "kube/object_store.h"
#include "kube/write_line.h"

#include <string>

namespace sluice::controller {

/// The merge patch that takes a Rollout's hash and name from a Service.
std::string service_release();

/// Takes selector hash and managed-by annotation from the Services that bear the Rollout's name,
/// once the API server has confirmed that it is gone or being deleted. One that cannot be written
/// keeps no other; its error is returned. All outlive the call.
kube::Awaitable<Result<void>> give_back_services(kube::ObjectStore& store, kube::WriteLine& writes,
                                                 ClusterView& view, ObjectKey rollout);

}  // namespace sluice::controller
