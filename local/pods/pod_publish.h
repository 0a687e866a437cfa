#pragma once

// Writes a pod's status to its object: one patch a change, only what differs.

#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::local {

/// Writes whenever the record was touched, until it is closed. Failures are tried again. Sets
/// `gone` when the object is not there any more.
asio::awaitable<void> publish_status(std::shared_ptr<PodRecord> pod);

/// Returns when the state as it is now has been written, or cannot be.
asio::awaitable<void> wait_published(std::shared_ptr<PodRecord> pod);

}  // namespace sluice::local
