#pragma once

// A TaskGroup owns coroutines: every coroutine that is spawned belongs to one. It can cancel them
// and wait for their end; a coroutine that ends with an exception is a broken invariant (errors are
// values here) except for cancellation.

#include "net/notifier.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <exception>
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

  /// One task of this group; no two have the same.
  using TaskId = uint64_t;

  /// Starts the coroutine on the group's executor, never from within spawn(). `name` is for
  /// messages. After cancel() or stop() the coroutine is dropped without being started.
  TaskId spawn(std::string name, asio::awaitable<void> task);

  /// Asks one task to end, without waiting; nothing where it has ended already.
  void cancel(TaskId id);

  /// Asks every running task to end and waits until they have; for good. The wait itself cannot be
  /// cancelled. Not to be awaited by a task of this group, nor by a coroutine that has been
  /// cancelled already (its next co_await throws): an owner's stop() is called from outside.
  asio::awaitable<void> stop();

  /// Asks every task to end without waiting; for signal handlers and destructors of owners that
  /// run the loop on afterwards.
  void cancel();

  size_t size() const { return tasks_.size(); }

 private:
  struct Task {
    TaskId id = 0;
    std::string name;
    asio::cancellation_signal cancel;
  };

  void finished(std::list<Task>::iterator task, const std::exception_ptr& error);

  asio::any_io_executor executor_;
  Notifier ended_;
  std::list<Task> tasks_;
  TaskId last_id_ = 0;
  bool stopping_ = false;
};

}  // namespace sluice::net
