#include "net/real_clock.h"

#include "net/timer_queue.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::net {

struct RealClock::State : std::enable_shared_from_this<State> {
  explicit State(const asio::any_io_executor& executor) : timer(executor) {}

  /// Waits for the earliest deadline unless that is being waited for already.
  void arm() {
    const auto next = queue.next_deadline();
    if (next == armed_for) return;
    armed_for = next;
    if (!next) {
      timer.cancel();
      return;
    }
    timer.expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(*next));
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->fire();
    });
  }

  void fire() {
    armed_for.reset();
    const SteadyTime now = std::chrono::steady_clock::now();
    while (const auto action = queue.take_due(now)) action();
    arm();
  }

  asio::steady_timer timer;
  TimerQueue queue;
  std::optional<SteadyTime> armed_for;
};

RealClock::RealClock(const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

RealClock::~RealClock() {
  state_->queue = {};
  state_->arm();
}

SystemTime RealClock::system_now() const {
  return std::chrono::system_clock::now();
}

SteadyTime RealClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

Clock::TimerId RealClock::call_at(SteadyTime deadline, std::function<void()> action) {
  const TimerId id = state_->queue.add(deadline, std::move(action));
  state_->arm();
  return id;
}

void RealClock::cancel(TimerId timer) {
  state_->queue.cancel(timer);
  state_->arm();
}

}  // namespace sluice::net
