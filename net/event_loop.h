#pragma once

// EventLoop: the one thread that owns all state. The composition root makes it, hands its executor
// and clock to the rooms, and runs one main coroutine on it until that returns.

#include "base/clock.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::net {

namespace asio = boost::asio;

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  asio::any_io_executor executor();
  Clock& clock();

  /// Runs `main` and everything that is spawned beside it on the calling thread; returns main's
  /// value when main returns, whatever else is pending (a further run() goes on with that). An
  /// exception of main passes through.
  int run(asio::awaitable<int> main);

  /// Makes run() return `exit_code` soon, leaving main suspended: for emergencies.
  void stop(int exit_code);

  /// How soon after a signal has come a further one counts as another, not as its echo: a signal
  /// may go to a process and to the group that it is in.
  static constexpr Duration kSignalEcho = std::chrono::seconds(1);

  /// From now on SIGINT and SIGTERM end the process no longer: the first that comes is kept for
  /// termination_signal(). To be called before anybody is told that the process is ready.
  void expect_termination();
  /// Waits for SIGINT or SIGTERM and returns its number. From the call on these signals no longer
  /// end the process by themselves, until one has come and its echoes have died away: who asks
  /// again is not made to wait.
  asio::awaitable<int> termination_signal();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::net
