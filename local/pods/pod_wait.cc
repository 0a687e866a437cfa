#include "local/pods/pod_wait.h"

namespace sluice::local {

namespace {

/// Wakes the waiters of a notifier at a time, unless it is destroyed before.
class Alarm {
 public:
  Alarm(Clock& clock, net::Notifier& changed, SteadyTime deadline)
      : clock_(clock), timer_(clock.call_at(deadline, [&changed] { changed.notify(); })) {}

  ~Alarm() { clock_.cancel(timer_); }

  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  Clock& clock_;
  Clock::TimerId timer_;
};

}  // namespace

boost::asio::awaitable<void> wait_for_change(Clock& clock, net::Notifier& changed,
                                             SteadyTime deadline) {
  const Alarm alarm(clock, changed, deadline);
  co_await changed.wait();
}

}  // namespace sluice::local
