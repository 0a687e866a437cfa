#pragma once

// Resolver: names to addresses without holding up the loop. getaddrinfo cannot be cancelled, so it
// runs on a few threads of its own; a caller whose deadline passes walks away from the look-up.
// Each HttpClient owns one: a dead name server of a metric source never delays the API server's.

#include "net/blocking_pool.h"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>
#include <vector>

namespace sluice::net {

class Resolver {
 public:
  using Endpoints = std::vector<asio::ip::tcp::endpoint>;
  /// Blocks until the name is looked up; called on the resolver's threads.
  using LookUp = std::function<Result<Endpoints>(const std::string& host, uint16_t port)>;

  /// Threads of one resolver, and look-ups that may wait for one of them.
  static constexpr size_t kThreads = 2;
  static constexpr size_t kWaitingMax = 256;

  /// Looks up with getaddrinfo.
  explicit Resolver(asio::any_io_executor executor);
  Resolver(asio::any_io_executor executor, LookUp look_up);

  /// At least one endpoint, in the order in which to try them. Numeric hosts are answered at once.
  /// Errors: Unavailable (no such name, too many look-ups), Timeout.
  asio::awaitable<Result<Endpoints>> resolve(std::string host, uint16_t port, SteadyTime deadline);

 private:
  LookUp look_up_;
  BlockingPool pool_;
};

}  // namespace sluice::net
