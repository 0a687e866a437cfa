#include "net/real_clock.h"

#include "net/timer_queue.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <optional>
#include <time.h>

namespace sluice::net {

SteadyTime real_steady_now() {
  return std::chrono::steady_clock::now();
}

Duration thread_cpu_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

SystemTime real_system_now() {
  return std::chrono::system_clock::now();
}

struct RealClock::State : std::enable_shared_from_this<State> {
  explicit State(const asio::any_io_executor& executor) : timer(std::in_place, executor) {}

  /// Waits for the earliest deadline unless that is being waited for already.
  void arm() {
    const auto next = queue.next_deadline();
    if (!timer || next == armed_for) return;
    armed_for = next;
    if (!next) {
      timer->cancel();
      return;
    }
    timer->expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(*next));
    timer->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->fire();
    });
  }

  void fire() {
    armed_for.reset();
    const SteadyTime now = real_steady_now();
    while (const auto action = queue.take_due(now)) action();
    arm();
  }

  std::optional<asio::steady_timer> timer;  ///< Nothing once closed.
  TimerQueue queue;
  std::optional<SteadyTime> armed_for;
};

RealClock::RealClock(const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

RealClock::~RealClock() {
  close();
}

void RealClock::close() {
  state_->queue = {};
  state_->timer.reset();
}

SystemTime RealClock::system_now() const {
  return real_system_now();
}

SteadyTime RealClock::steady_now() const {
  return real_steady_now();
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
