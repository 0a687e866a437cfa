#include "kube/work_queue.h"

#include "base/ensure.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace sluice::kube {
namespace {

constexpr Backoff::Limits kLookRetry{.first = std::chrono::milliseconds(5),
                                     .longest = std::chrono::seconds(10)};

/// A number in [0, 1) that spreads the retries of different keys and is the same for one key.
double spread(const ObjectKey& key) {
  constexpr size_t kParts = 1024;
  const size_t hash = std::hash<std::string>{}(key.to_string());
  return static_cast<double>(hash % kParts) / kParts;
}

}  // namespace

WorkQueue::WorkQueue(Clock& clock, const asio::any_io_executor& executor)
    : clock_(clock), added_(executor) {}

WorkQueue::~WorkQueue() {
  for (auto& [key, entry] : entries_) clock_.cancel(entry.timer);
}

void WorkQueue::add(const ObjectKey& key) {
  Entry& entry = entries_[key];
  if (entry.running)
    entry.again = true;
  else
    make_ready(key, entry);
}

void WorkQueue::add_first(const ObjectKey& key) {
  Entry& entry = entries_[key];
  if (entry.ready && !entry.first) {
    std::erase(ready_, key);
    entry.ready = false;
  }
  entry.first = true;
  add(key);
}

void WorkQueue::make_ready(const ObjectKey& key, Entry& entry) {
  clock_.cancel(entry.timer);
  entry.timer = 0;
  if (entry.ready) return;
  entry.ready = true;
  (entry.first ? first_ : ready_).push_back(key);
  added_.notify_one();
}

asio::awaitable<ObjectKey> WorkQueue::next() {
  while (ready() == 0) co_await added_.wait();
  co_return take_from(first_.empty() ? ready_ : first_);
}

std::optional<ObjectKey> WorkQueue::next_first() {
  if (first_.empty()) return std::nullopt;
  return take_from(first_);
}

ObjectKey WorkQueue::take_from(std::deque<ObjectKey>& keys) {
  ObjectKey key = std::move(keys.front());
  keys.pop_front();
  Entry& entry = entries_.at(key);
  entry.ready = false;
  entry.first = false;
  entry.running = true;
  return key;
}

WorkQueue::Entry& WorkQueue::running(const ObjectKey& key) {
  const auto found = entries_.find(key);
  SLUICE_ENSURE(found != entries_.end() && found->second.running, "work on a key ends once");
  return found->second;
}

void WorkQueue::looks(const ObjectKey& key) {
  Entry& entry = running(key);
  entry.again = false;
  entry.first = false;
}

void WorkQueue::done(const ObjectKey& key, std::optional<Duration> wake_after) {
  running(key).backoff = Backoff(kLookRetry);
  finish(key, wake_after);
}

void WorkQueue::failed(const ObjectKey& key) {
  Entry& entry = running(key);
  if (entry.backoff.failures() == 0) entry.backoff = Backoff(kLookRetry);
  // A trigger that came meanwhile may be news, such as a verdict, or the failure's own echo.
  const Duration wait = entry.backoff.next(spread(key));
  finish(key, std::exchange(entry.again, false) ? std::min(wait, kEchoWait) : wait);
}

void WorkQueue::finish(const ObjectKey& key, std::optional<Duration> wait) {
  Entry& entry = entries_.at(key);
  entry.running = false;
  if (std::exchange(entry.again, false))
    make_ready(key, entry);
  else if (wait)
    wake_later(key, entry, *wait);
  else
    entries_.erase(key);
}

void WorkQueue::wake_later(const ObjectKey& key, Entry& entry, Duration wait) {
  const Duration within = std::clamp<Duration>(wait, Duration::zero(), kWaitMax);
  entry.timer = clock_.call_at(clock_.steady_now() + within,
                               [this, key] { make_ready(key, entries_.at(key)); });
}

}  // namespace sluice::kube
