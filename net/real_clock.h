#pragma once

// RealClock: the system's time, and timers on one Asio timer that always waits for the earliest
// deadline. Owned by the event loop; must outlive everything that sleeps on it.

#include "base/clock.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sluice::net {

namespace asio = boost::asio;

/// The steady time by which sockets are timed. Deadlines of the network are real ones, whatever
/// clock the rooms above run on; everything else asks its Clock.
SteadyTime real_steady_now();
/// How long this thread has had the processor.
Duration thread_cpu_time();
/// The wall-clock time, for log lines.
SystemTime real_system_now();

class RealClock : public Clock {
 public:
  explicit RealClock(const asio::any_io_executor& executor);
  /// Forgets all timers without calling them.
  ~RealClock() override;
  RealClock(const RealClock&) = delete;
  RealClock& operator=(const RealClock&) = delete;

  /// Wakes nobody any more. Called before the execution context ends, which the clock may outlive.
  void close();

  SystemTime system_now() const override;
  SteadyTime steady_now() const override;
  TimerId call_at(SteadyTime deadline, std::function<void()> action) override;
  void cancel(TimerId timer) override;

 private:
  struct State;
  /// Shared with the handler of the pending wait, which may run after the clock is gone.
  std::shared_ptr<State> state_;
};

}  // namespace sluice::net
