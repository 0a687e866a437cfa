#include "controller/work_queue.h"

#include "base/ensure.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace sluice::controller {
namespace {

constexpr Backoff::Limits kRetry{.first = std::chrono::milliseconds(5),
                                 .longest = std::chrono::seconds(10)};
/// After a failure at most, where a trigger came while it was worked on.
constexpr Duration kEchoWait = std::chrono::milliseconds(250);

/// A number in [0, 1) that spreads the retries of different keys and is the same for one key.
double spread(const ObjectKey& key) {
  constexpr size_t kParts = 1024;
  const size_t hash = std::hash<std::string>{}(key.to_string());
  return static_cast<double>(hash % kParts) / kParts;
}

}  // namespace

WorkQueue::WorkQueue(Clock& clock, const boost::asio::any_io_executor& executor)
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

void WorkQueue::make_ready(const ObjectKey& key, Entry& entry) {
  clock_.cancel(entry.timer);
  entry.timer = 0;
  if (entry.ready) return;
  entry.ready = true;
  ready_.push_back(key);
  added_.notify();
}

boost::asio::awaitable<ObjectKey> WorkQueue::next() {
  while (ready_.empty()) co_await added_.wait();
  ObjectKey key = std::move(ready_.front());
  ready_.pop_front();
  Entry& entry = entries_[key];
  entry.ready = false;
  entry.running = true;
  co_return key;
}

void WorkQueue::done(const ObjectKey& key, std::optional<Duration> wake_after) {
  Entry& entry = entries_[key];
  entry.backoff = Backoff(kRetry);
  finish(key, entry, wake_after);
}

void WorkQueue::failed(const ObjectKey& key) {
  Entry& entry = entries_[key];
  if (entry.backoff.failures() == 0) entry.backoff = Backoff(kRetry);
  // A trigger that came meanwhile may be news, such as a verdict, or the failure's own echo.
  const Duration wait = entry.backoff.next(spread(key));
  finish(key, entry, std::exchange(entry.again, false) ? std::min(wait, kEchoWait) : wait);
}

void WorkQueue::forget(const ObjectKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  SLUICE_ENSURE(found->second.running, "a key is forgotten by who works on it");
  if (found->second.again) {
    finish(key, found->second, std::nullopt);
    return;
  }
  clock_.cancel(found->second.timer);
  entries_.erase(found);
}

void WorkQueue::finish(const ObjectKey& key, Entry& entry, std::optional<Duration> wait) {
  SLUICE_ENSURE(entry.running, "work on a key ends once");
  entry.running = false;
  if (entry.again) {
    entry.again = false;
    make_ready(key, entry);
  } else if (wait) {
    wake_later(key, entry, *wait);
  }
}

void WorkQueue::wake_later(const ObjectKey& key, Entry& entry, Duration wait) {
  clock_.cancel(entry.timer);
  entry.timer = clock_.call_at(clock_.steady_now() + wait, [this, key] {
    Entry& due = entries_[key];
    due.timer = 0;
    if (!due.running) make_ready(key, due);
  });
}

}  // namespace sluice::controller
