#pragma once

// Everything a container needs before it can start: its image, its ConfigMaps and Secrets, its
// environment and its command.

#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <variant>

namespace sluice::local {

/// A container that can be started.
struct PreparedContainer {
  ProcessSpec process;
  ActionTarget target;  ///< For its probes and hooks.
};

/// Waits until the container can be started, showing in its status and in events why it cannot yet
/// (ErrImagePull, ImagePullBackOff, InvalidImageName, CreateContainerConfigError,
/// CreateContainerError), and looks again every second. Nothing when the pod is stopping.
asio::awaitable<std::optional<PreparedContainer>> prepare_container(std::shared_ptr<PodRecord> pod,
                                                                    ContainerSlot slot);

}  // namespace sluice::local
