#pragma once

// A TaskGroup owns coroutines: every coroutine that is spawned belongs to one. It can cancel them
// and wait for their end; a coroutine that ends with an exception is a broken invariant (errors are
// values here) except for cancellation.

#include "base/time.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <functional>
#include <list>
#include <string>

namespace sluice::net {

namespace asio = boost::asio;

class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  /// All tasks must have ended: await stop() first.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts the coroutine on the group's executor. `name` is for messages.
  void spawn(std::string name, asio::awaitable<void> task);

  /// Asks every running task to end (total, then terminal cancellation) and waits until they have.
  asio::awaitable<void> stop();

  /// Asks every task to end without waiting; for signal handlers and destructors of owners that
  /// run the loop on afterwards.
  void cancel();

  size_t size() const { return tasks_.size(); }

 private:
  struct Task {
    std::string name;
    asio::cancellation_signal cancel;
  };

  void finished(std::list<Task>::iterator task, std::exception_ptr error);

  asio::any_io_executor executor_;
  std::list<Task> tasks_;
  bool stopping_ = false;
};

}  // namespace sluice::net
