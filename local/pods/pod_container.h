#pragma once

// One container of a pod over all its runs: starts it, and starts it again as the restart policy
// says, with the kubelet's back-off between.

#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::local {

/// True where a container that ended with `exit_code` is to run again. Init containers run until
/// they succeed, but for the policy Never. Pure.
bool should_restart(RestartPolicy policy, bool init, int exit_code);

/// Returns when the container has ended for good: by itself, or because the pod is stopping. What
/// `pod->status(slot)` says at the call is taken as its history.
asio::awaitable<void> run_container(std::shared_ptr<PodRecord> pod, ContainerSlot slot);

}  // namespace sluice::local
