#pragma once

// Wake: how a loop learns that it has work. Any number of calls before the loop looks count as one.

#include "base/clock.h"
#include "net/notifier.h"

namespace sluice::local {

namespace asio = boost::asio;

class Wake {
 public:
  /// The clock must outlive this.
  Wake(const asio::any_io_executor& executor, Clock& clock) : clock_(clock), notifier_(executor) {}

  ~Wake() { clock_.cancel(timer_); }

  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void now() {
    due_ = true;
    notifier_.notify();
  }

  /// Later, unless a timer is set already.
  void after(Duration span) {
    if (timer_ != 0) return;
    timer_ = clock_.call_at(clock_.steady_now() + span, [this] {
      timer_ = 0;
      now();
    });
  }

  /// Returns when there is work, and forgets that there was.
  asio::awaitable<void> wait() {
    while (!due_) co_await notifier_.wait();
    due_ = false;
  }

 private:
  Clock& clock_;
  net::Notifier notifier_;
  Clock::TimerId timer_ = 0;
  bool due_ = false;
};

}  // namespace sluice::local
