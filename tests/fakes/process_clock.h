#pragma once

// ProcessClock: what time it is to one process of several on a FakeClock. Its wall clock may be
// wrong, its monotonic clock began when it liked, and while it is frozen none of its timers fires:
// those that came due meanwhile fire once it thaws.

#include "tests/fakes/fake_clock.h"

namespace sluice {

class ProcessClock : public Clock {
 public:
  /// `world` must outlive it. The monotonic clock is ahead of the world's by `uptime`.
  explicit ProcessClock(FakeClock& world, Duration uptime = {}) : world_(world), uptime_(uptime) {}

  ~ProcessClock() override { world_.cancel(alarm_); }

  ProcessClock(const ProcessClock&) = delete;
  ProcessClock& operator=(const ProcessClock&) = delete;

  SystemTime system_now() const override { return world_.system_now() + wrong_by_; }

  SteadyTime steady_now() const override { return world_.steady_now() + uptime_; }

  TimerId call_at(SteadyTime deadline, std::function<void()> action) override;
  void cancel(TimerId timer) override;

  /// The wall clock is wrong by so much from now on.
  void be_wrong_by(Duration difference) { wrong_by_ = difference; }

  void freeze() { frozen_ = true; }

  void thaw();

 private:
  void arm();
  void fire();

  FakeClock& world_;
  Duration uptime_;
  Duration wrong_by_{};
  bool frozen_ = false;
  net::TimerQueue timers_;
  TimerId alarm_ = 0;  ///< At the world's clock, for the first of the timers.
};

}  // namespace sluice
