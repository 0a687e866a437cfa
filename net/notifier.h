#pragma once

// Notifier: a condition without memory. A waiter parks until the next notify(), which wakes all who
// wait at that moment. Since one thread owns all state, the pattern is
//   while (!ready) co_await notifier.wait();

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::net {

namespace asio = boost::asio;

class Notifier {
 public:
  explicit Notifier(const asio::any_io_executor& executor);
  /// Nobody may be waiting.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Returns after the next notify(). A cancelled wait throws operation_aborted. The notifier must
  /// outlive the coroutine.
  asio::awaitable<void> wait();
  /// As wait(), but deaf to cancellation: for owners that must see something end.
  asio::awaitable<void> wait_uncancelled();
  /// Wakes all waiters; they run in the loop's next turn, in the order in which they came.
  void notify();
  /// Wakes the waiter that came first.
  void notify_one();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::net
