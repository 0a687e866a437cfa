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

void FakeClock::run_dry() {
  size_t ran = 0;
  do {
    ran = 0;
    for (boost::asio::io_context* context : contexts_) {
      context->restart();
      ran += context->poll();
    }
  } while (ran > 0 && contexts_.size() > 1);
}

void FakeClock::settle() {
  run_dry();
  // A timer that was made for a time already past is due without any advance.
  while (const auto action = timers_.take_due(now_)) {
    action();
    run_dry();
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
