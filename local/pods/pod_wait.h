#pragma once

// Waiting for a change or a point in time, whichever comes first.

#include "base/clock.h"
#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

namespace sluice::local {

/// Returns after the next notify() of `changed`, which this makes itself at `deadline`. Both must
/// outlive the coroutine. Callers look again at what they wait for.
boost::asio::awaitable<void> wait_for_change(Clock& clock, net::Notifier& changed,
                                             SteadyTime deadline);

}  // namespace sluice::local
