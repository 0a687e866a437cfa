#include "net/sleep.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace sluice::net {
namespace {

/// A timer of a Clock that is forgotten when the sleeper goes away, however it does.
class ScopedTimer {
 public:
  ScopedTimer(Clock& clock, SteadyTime deadline, std::function<void()> action)
      : clock_(clock), id_(clock.call_at(deadline, std::move(action))) {}

  ~ScopedTimer() { clock_.cancel(id_); }

  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  Clock& clock_;
  Clock::TimerId id_;
};

}  // namespace

asio::awaitable<void> sleep_until(Clock& clock, SteadyTime deadline) {
  // The Asio timer never expires: it only parks the coroutine until the clock or a cancellation
  // wakes it, so that time comes from the clock alone.
  asio::steady_timer parking(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
  bool reached = false;
  const ScopedTimer alarm(clock, deadline, [&parking, &reached] {
    reached = true;
    parking.cancel();
  });
  const auto [error] = co_await parking.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!reached) throw boost::system::system_error(error);
}

asio::awaitable<void> sleep_for(Clock& clock, Duration duration) {
  return sleep_until(clock, clock.steady_now() + duration);
}

}  // namespace sluice::net
