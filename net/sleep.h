#pragma once

// Sleeping on a Clock. A cancelled sleep throws boost::system::system_error(operation_aborted), as
// every cancelled wait of a coroutine does; the timer is forgotten.

#include "base/clock.h"

#include <boost/asio/awaitable.hpp>

namespace sluice::net {

namespace asio = boost::asio;

/// Returns once `deadline` is reached; at the earliest in the loop's next turn. The clock must
/// outlive the coroutine.
asio::awaitable<void> sleep_until(Clock& clock, SteadyTime deadline);
asio::awaitable<void> sleep_for(Clock& clock, Duration duration);

}  // namespace sluice::net
