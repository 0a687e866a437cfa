#pragma once

// TimerQueue: the pending timers of a clock, ordered by deadline and then by age. A value without
// time of its own: the real clock and the fake one both ask it what is due.

#include "base/clock.h"

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace sluice::net {

class TimerQueue {
 public:
  using Action = std::function<void()>;

  Clock::TimerId add(SteadyTime deadline, Action action);
  /// Forgets the timer; unknown ids are ignored.
  void cancel(Clock::TimerId timer);

  /// The earliest deadline, or nothing when no timer is pending.
  std::optional<SteadyTime> next_deadline() const;
  /// Takes the first timer whose deadline is at or before `now` out of the queue; an empty function
  /// where none is due.
  Action take_due(SteadyTime now);

  size_t size() const { return pending_.size(); }

 private:
  using Position = std::pair<SteadyTime, Clock::TimerId>;

  Clock::TimerId last_id_ = 0;
  std::map<Position, Action> pending_;
  std::unordered_map<Clock::TimerId, SteadyTime> deadlines_;
};

}  // namespace sluice::net
