#pragma once

// One run of one container: the process, from its start to its end, with its probes.

#include "local/pods/pod_prepare.h"
#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sluice::local {

/// What the coroutines of one run share.
struct ContainerRun {
  uint64_t process = 0;
  int number = 0;
  SteadyTime since{};
  std::optional<ProcessExit> exit;
  /// Set when a probe wants the container to be killed: the message for the event.
  std::string kill_message;
};

/// Starts the container, shows it running, probes it, and returns when it has ended and that is
/// shown too. Ends it when the pod is stopping or a probe asks for it: preStop hook, SIGTERM, the
/// grace period, SIGKILL. A container that cannot be started counts as ended with code 128.
asio::awaitable<void> run_once(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                               PreparedContainer prepared);

}  // namespace sluice::local
