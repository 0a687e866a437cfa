#pragma once

// FakeClock: time that moves only when a test says so. Timers fire in the order of their deadlines
// and, at the same deadline, of their age. Given an io_context it also lets the coroutines run
// until none can go on, before and after each timer, so that a story reads top to bottom. Several
// contexts are several processes on one time: each runs dry, and what one does is news to others.

#include "net/timer_queue.h"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace sluice {

class FakeClock : public Clock {
 public:
  /// What system_now() says at first: 2026-01-01T00:00:00Z.
  static constexpr SystemTime kStart{std::chrono::sys_days{std::chrono::January / 1 / 2026}};

  /// Declare the clock before the context: coroutines destroyed with it still cancel their timers.
  FakeClock() = default;
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  SystemTime system_now() const override { return kStart + wall_offset_ + (now_ - SteadyTime{}); }

  SteadyTime steady_now() const override { return now_; }

  TimerId call_at(SteadyTime deadline, std::function<void()> action) override;
  void cancel(TimerId timer) override;

  /// Runs `context` dry around each timer from now on. The context must outlive its use here.
  void drive(boost::asio::io_context& context) { contexts_.push_back(&context); }

  /// Leaves it alone from now on, as if its thread stood still; not while it runs.
  void leave(boost::asio::io_context& context) { std::erase(contexts_, &context); }

  /// Moves time on, firing what becomes due on the way at its own time.
  void advance(Duration duration);
  /// Runs what can run without time passing.
  void settle();
  /// Moves time to the next timer and fires it; false where none is pending.
  bool advance_to_next();

  /// Sets the wall clock forward or back, as an administrator or NTP may; no time passes.
  void jump(Duration difference) { wall_offset_ += difference; }

  size_t pending_timers() const { return timers_.size(); }

 private:
  void run_dry();
  void fire_until(SteadyTime end);

  SteadyTime now_{};
  Duration wall_offset_{};
  net::TimerQueue timers_;
  std::vector<boost::asio::io_context*> contexts_;
};

}  // namespace sluice
