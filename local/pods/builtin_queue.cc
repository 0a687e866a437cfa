#include "local/pods/builtin_queue.h"

namespace sluice::local {

KeyQueue::KeyQueue(Clock& clock, const asio::any_io_executor& executor)
    : clock_(clock), added_(executor) {}

KeyQueue::~KeyQueue() {
  for (const auto& [key, timer] : timers_) clock_.cancel(timer.id);
}

void KeyQueue::add(const ObjectKey& key) {
  if (waiting_.insert(key).second) {
    order_.push_back(key);
    added_.notify();
  }
}

void KeyQueue::add_after(const ObjectKey& key, Duration wait) {
  const SteadyTime due = clock_.steady_now() + wait;
  if (const auto found = timers_.find(key); found != timers_.end()) {
    if (found->second.due <= due) return;
    clock_.cancel(found->second.id);
  }
  const Clock::TimerId id = clock_.call_at(due, [this, key] {
    timers_.erase(key);
    add(key);
  });
  timers_[key] = {due, id};
}

asio::awaitable<ObjectKey> KeyQueue::next() {
  while (order_.empty()) co_await added_.wait();
  ObjectKey key = std::move(order_.front());
  order_.pop_front();
  waiting_.erase(key);
  co_return key;
}

}  // namespace sluice::local
