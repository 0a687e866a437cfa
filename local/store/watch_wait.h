#pragma once

// Waiting for a Subscription in a coroutine.

#include "base/time.h"
#include "local/store/watch_hub.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::local {

/// Returns as soon as the subscription has an event or has ended, and after `at_most` in any case.
/// One waiter at a time; cancelling the coroutine ends the wait.
boost::asio::awaitable<void> wait_until_ready(std::shared_ptr<Subscription> subscription,
                                              Duration at_most);

}  // namespace sluice::local
