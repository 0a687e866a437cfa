#include "kube/leadership.h"

#include <utility>

namespace sluice::kube {

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::Waiting:
      return "waiting";
    case Standing::Standby:
      return "standby";
    case Standing::HeldBack:
      return "held back";
    case Standing::Leading:
      return "leading";
  }
  return "waiting";
}

std::string to_string(const StandingReport& report) {
  std::string text(to_string(report.standing));
  if (report.standing == Standing::Leading && report.trouble.empty()) return text;
  if (!report.holder.empty() || !report.trouble.empty()) text += ": " + report.lease;
  if (!report.holder.empty()) text += " is held by " + report.holder;
  if (!report.trouble.empty()) text += ": " + report.trouble;
  return text;
}

Leadership::Leadership(Clock& clock, const asio::any_io_executor& executor)
    : clock_(clock), changed_(executor) {}

Leadership::~Leadership() {
  clock_.cancel(timer_);
}

bool Leadership::holds() const {
  return clock_.steady_now() < until_;
}

bool Leadership::may_write() const {
  return in_term_ && holds();
}

void Leadership::lead_until(SteadyTime until) {
  // The right has lapsed for a moment: somebody else may have written.
  if (!holds()) in_term_ = false;
  until_ = until;
  arm();
  changed_.notify();
}

void Leadership::lead_always() {
  report_.standing = Standing::Leading;
  until_ = SteadyTime::max();
  changed_.notify();
}

void Leadership::end() {
  lead_until(SteadyTime::min());
  in_term_ = false;
}

void Leadership::arm() {
  clock_.cancel(timer_);
  timer_ = 0;
  if (holds()) timer_ = clock_.call_at(until_, [this] { changed_.notify(); });
}

asio::awaitable<void> Leadership::begin_term() {
  while (!holds()) co_await changed_.wait();
  in_term_ = true;
}

asio::awaitable<void> Leadership::wait_term_end() {
  while (may_write()) co_await changed_.wait();
  in_term_ = false;
}

}  // namespace sluice::kube
