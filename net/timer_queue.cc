#include "net/timer_queue.h"

namespace sluice::net {

Clock::TimerId TimerQueue::add(SteadyTime deadline, Action action) {
  const Clock::TimerId id = ++last_id_;
  pending_.emplace(Position{deadline, id}, std::move(action));
  deadlines_.emplace(id, deadline);
  return id;
}

void TimerQueue::cancel(Clock::TimerId timer) {
  const auto found = deadlines_.find(timer);
  if (found == deadlines_.end()) return;
  pending_.erase(Position{found->second, timer});
  deadlines_.erase(found);
}

std::optional<SteadyTime> TimerQueue::next_deadline() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.begin()->first.first;
}

TimerQueue::Action TimerQueue::take_due(SteadyTime now) {
  if (pending_.empty() || pending_.begin()->first.first > now) return nullptr;
  auto first = pending_.extract(pending_.begin());
  deadlines_.erase(first.key().second);
  return std::move(first.mapped());
}

}  // namespace sluice::net
