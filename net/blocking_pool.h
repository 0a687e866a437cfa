#pragma once

// BlockingPool: calls that may block without end (getaddrinfo, a file on a mount that hangs) on a
// few threads of their own. Nothing cancels such a call: a caller whose deadline passes walks away,
// and so does the pool's owner.

#include "base/result.h"
#include "base/time.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>

namespace sluice::net {

namespace asio = boost::asio;

class BlockingPool {
 public:
  /// At most so many threads, started as they are needed, and calls that may wait for one of them.
  BlockingPool(asio::any_io_executor executor, size_t threads_max, size_t waiting_max);
  /// Abandons what is under way; does not wait for it.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs the call on a thread and returns once it has. The call owns what it writes to, since it
  /// may go on for long after the caller has left. Errors: Timeout, Unavailable (too many wait).
  asio::awaitable<Result<void>> run(std::function<void()> call, SteadyTime deadline);

 private:
  struct Pending;
  struct Job;
  struct Shared;

  static void work(const asio::any_io_executor& executor, const std::shared_ptr<Shared>& shared);

  asio::any_io_executor executor_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace sluice::net
