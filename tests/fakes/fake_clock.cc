#include "tests/fakes/fake_clock.h"

#include <algorithm>
#include <utility>

namespace sluice {

Clock::TimerId FakeClock::call_at(SteadyTime deadline, std::function<void()> action) {
  return timers_.add(deadline, std::move(action));
}

void FakeClock::cancel(TimerId timer) {
  timers_.cancel(timer);
}

void FakeClock::advance(Duration duration) {
  settle();
  fire_until(now_ + duration);
}

bool FakeClock::advance_to_next() {
  settle();
  const auto next = timers_.next_deadline();
  if (!next) return false;
  fire_until(std::max(now_, *next));
  return true;
}

void FakeClock::settle() {
  if (context_ != nullptr) {
    context_->restart();
    context_->poll();
  }
  // A timer that was made for a time already past is due without any advance.
  while (const auto action = timers_.take_due(now_)) {
    action();
    if (context_ != nullptr) context_->poll();
  }
}

void FakeClock::fire_until(SteadyTime end) {
  for (auto next = timers_.next_deadline(); next && *next <= end; next = timers_.next_deadline()) {
    now_ = std::max(now_, *next);
    settle();
  }
  now_ = end;
}

}  // namespace sluice
