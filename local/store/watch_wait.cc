#include "local/store/watch_wait.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::local {

namespace asio = boost::asio;

asio::awaitable<void> wait_until_ready(std::shared_ptr<Subscription> subscription,
                                       Duration at_most) {
  if (subscription->has_news()) co_return;
  // The timer is shared with the wake-up, which may come after this coroutine was destroyed.
  const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
  if (at_most == Duration::max())
    timer->expires_at(asio::steady_timer::time_point::max());
  else
    timer->expires_after(at_most);
  subscription->on_ready([weak = std::weak_ptr(timer)] {
    if (const auto waiting = weak.lock()) waiting->cancel();
  });
  co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  subscription->on_ready({});
}

}  // namespace sluice::local
