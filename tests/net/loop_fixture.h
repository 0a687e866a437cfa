#pragma once

// Runs one coroutine over real sockets to its end, with a deadline for the whole test.

#include "net/event_loop.h"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace sluice::net {

/// Runs `test` on the loop; fails the test case when it takes longer than 20 s.
void run_test(EventLoop& loop, asio::awaitable<void> test);

/// Connects to 127.0.0.1:`port`, sends the text and reads until the peer closes.
asio::awaitable<std::string> exchange_raw(uint16_t port, std::string request);

}  // namespace sluice::net
