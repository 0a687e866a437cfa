#pragma once

// The probes of one run of a container.

#include "local/pods/pod_run.h"
#include "local/pods/probe_state.h"

namespace sluice::local {

/// Spawns a coroutine for each probe of the container; they end with the run. Without a probe of a
/// kind its answer is given at once. Readiness and liveness wait for the startup probe.
void start_probes(const std::shared_ptr<PodRecord>& pod, ContainerSlot slot,
                  const std::shared_ptr<ContainerRun>& run, const ActionTarget& target);

/// Says in an event where a declared TCP port is not listened on ten seconds after the start, or
/// where the program has ended before because it found its address in use.
asio::awaitable<void> watch_listeners(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                                      std::shared_ptr<ContainerRun> run);

}  // namespace sluice::local
