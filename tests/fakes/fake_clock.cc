#include "tests/fakes/fake_clock.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sluice {
namespace {

/// Whoever goes on for longer without time passing will go on for ever.
constexpr size_t kTurnsMax = 200'000;

}  // namespace

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
  size_t turns = 0;
  size_t before = 0;
  do {
    before = turns;
    for (boost::asio::io_context* context : contexts_) {
      context->restart();
      while (context->poll_one() > 0)
        if (++turns > kTurnsMax) throw std::logic_error("what runs comes to no end");
    }
  } while (turns > before && contexts_.size() > 1);
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
