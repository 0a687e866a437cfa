#include "tests/fakes/process_clock.h"

#include <utility>

namespace sluice {

Clock::TimerId ProcessClock::call_at(SteadyTime deadline, std::function<void()> action) {
  const TimerId timer = timers_.add(deadline, std::move(action));
  arm();
  return timer;
}

void ProcessClock::cancel(TimerId timer) {
  timers_.cancel(timer);
}

void ProcessClock::thaw() {
  frozen_ = false;
  arm();
}

void ProcessClock::arm() {
  world_.cancel(std::exchange(alarm_, 0));
  if (const auto next = timers_.next_deadline(); next && !frozen_)
    alarm_ = world_.call_at(*next - uptime_, [this] { fire(); });
}

/// One at a time: who was woken by the first may forget the second.
void ProcessClock::fire() {
  if (frozen_) return;
  if (const auto action = timers_.take_due(steady_now())) action();
  arm();
}

}  // namespace sluice
