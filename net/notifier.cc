#include "net/notifier.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>

namespace sluice::net {

struct Notifier::State {
  /// Never expires; cancelling it wakes the waiters.
  asio::steady_timer parking;
  uint64_t notifications = 0;
};

Notifier::Notifier(const asio::any_io_executor& executor)
    : state_(new State{.parking =
                           asio::steady_timer(executor, asio::steady_timer::time_point::max())}) {}

Notifier::~Notifier() = default;

asio::awaitable<void> Notifier::wait() {
  const uint64_t seen = state_->notifications;
  const auto [error] = co_await state_->parking.async_wait(asio::as_tuple(asio::use_awaitable));
  if (state_->notifications == seen) throw boost::system::system_error(error);
}

asio::awaitable<void> Notifier::wait_uncancelled() {
  co_await state_->parking.async_wait(
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::as_tuple(asio::use_awaitable)));
}

void Notifier::notify() {
  ++state_->notifications;
  state_->parking.cancel();
}

void Notifier::notify_one() {
  ++state_->notifications;
  state_->parking.cancel_one();
}

}  // namespace sluice::net
