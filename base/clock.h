#pragma once

// The Clock is the only way to learn what time it is and to be woken later. It is an interface so
// that tests own time: the real one lives in net/, the fake one in tests/fakes/.

#include "base/time.h"

#include <cstdint>
#include <functional>

namespace sluice {

/// Times and timers. Not thread-safe: it belongs to the event loop's thread.
class Clock {
 public:
  /// Names a pending timer; 0 names none.
  using TimerId = uint64_t;

  virtual ~Clock() = default;

  virtual SystemTime system_now() const = 0;
  virtual SteadyTime steady_now() const = 0;

  /// Calls `action` once on the loop thread when `deadline` is reached, never from within call_at.
  /// Timers of equal deadline fire in the order in which they were made.
  virtual TimerId call_at(SteadyTime deadline, std::function<void()> action) = 0;
  /// Forgets the timer if it has not fired; unknown ids are ignored.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace sluice
