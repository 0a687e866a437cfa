#pragma once

// WorkQueue: the keys that want attention. Triggers (watch events, timers, verdicts) only add keys;
// workers take one at a time, and the same key is never with two workers at once. Belongs to the
// loop thread; bounded by the number of objects, since each key is in it once at most.

#include "base/backoff.h"
#include "base/clock.h"
#include "base/object_meta.h"
#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <map>
#include <set>

namespace sluice::controller {

class WorkQueue {
 public:
  /// `clock` must outlive the queue.
  WorkQueue(Clock& clock, const boost::asio::any_io_executor& executor);
  /// Forgets all timers.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// Asks for attention now. A key that is being worked on comes again once it is done.
  void add(const ObjectKey& key);

  /// The next key, marked as being worked on until done().
  boost::asio::awaitable<ObjectKey> next();

  /// Ends the work on a key: it comes again after `wake_after` at the latest, where given.
  void done(const ObjectKey& key, std::optional<Duration> wake_after);
  /// Ends the work on a key that failed: it comes again after a growing wait (5 ms to 10 s), or 250
  /// ms at most where it was added meanwhile. The wait starts over with the first done().
  void failed(const ObjectKey& key);
  /// Ends the work on a key whose object is gone.
  void forget(const ObjectKey& key);

  size_t size() const { return ready_.size(); }

 private:
  struct Entry {
    bool ready = false;
    bool running = false;
    bool again = false;  ///< Was added while running.
    Backoff backoff;
    Clock::TimerId timer = 0;
  };

  void make_ready(const ObjectKey& key, Entry& entry);
  void wake_later(const ObjectKey& key, Entry& entry, Duration wait);
  void finish(const ObjectKey& key, Entry& entry, std::optional<Duration> wait);

  Clock& clock_;
  net::Notifier added_;
  std::map<ObjectKey, Entry> entries_;
  std::deque<ObjectKey> ready_;
};

}  // namespace sluice::controller
