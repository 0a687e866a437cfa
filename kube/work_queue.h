#pragma once

// WorkQueue: the keys that want attention. Triggers (watch events, timers, verdicts) only add keys;
// workers take one at a time, in the order in which they came, and the same key is never with two
// workers at once. What must not wait is added first: such keys are taken before all others. A key
// is held only while it waits, is worked on, or has failed: bounded by the number of objects.
// Belongs to the loop thread.

#include "base/backoff.h"
#include "base/clock.h"
#include "base/object_meta.h"
#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <map>
#include <optional>

namespace sluice::kube {

namespace asio = boost::asio;

class WorkQueue {
 public:
  /// Nobody is waited for longer than this: a look too many a day is cheaper than times that
  /// overflow.
  static constexpr Duration kWaitMax = std::chrono::hours(24);
  /// The wait after a failure at most, where the key was added while it was worked on.
  static constexpr Duration kEchoWait = std::chrono::milliseconds(250);

  /// `clock` must outlive the queue.
  WorkQueue(Clock& clock, const asio::any_io_executor& executor);
  /// Forgets all timers.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// Asks for attention now, also where the key waits for a later time. A key that is being worked
  /// on comes again once that ends.
  void add(const ObjectKey& key);
  /// As add(), ahead of all that were not added so.
  void add_first(const ObjectKey& key);

  /// The next key, being worked on until done() or failed().
  asio::awaitable<ObjectKey> next();
  /// The next of those that were added first, likewise; nothing where none waits.
  std::optional<ObjectKey> next_first();

  /// Who works on the key looks at everything anew: what it was added for until now does not make
  /// it come again.
  void looks(const ObjectKey& key);

  /// Ends the work on a key: it comes again after `wake_after` at the latest, where given.
  void done(const ObjectKey& key, std::optional<Duration> wake_after);
  /// Ends the work on a key that failed: it comes again after a growing wait (5 ms to 10 s), or
  /// kEchoWait at most where it was added meanwhile. The wait starts over with the first done().
  void failed(const ObjectKey& key);

  /// The keys that a worker could take now.
  size_t ready() const { return first_.size() + ready_.size(); }

  /// All keys that are held, for whatever reason.
  size_t held() const { return entries_.size(); }

 private:
  struct Entry {
    bool ready = false;
    bool first = false;  ///< It is ahead of the others, or will be when it is ready.
    bool running = false;
    bool again = false;  ///< Was added since who works on it looked.
    Backoff backoff;
    Clock::TimerId timer = 0;
  };

  using Entries = std::map<ObjectKey, Entry>;

  Entry& running(const ObjectKey& key);
  void make_ready(const ObjectKey& key, Entry& entry);
  ObjectKey take_from(std::deque<ObjectKey>& keys);
  void wake_later(const ObjectKey& key, Entry& entry, Duration wait);
  /// The end of the work: ready where it was added meanwhile, else later, else not held any more.
  void finish(const ObjectKey& key, std::optional<Duration> wait);

  Clock& clock_;
  net::Notifier added_;
  Entries entries_;
  std::deque<ObjectKey> first_;
  std::deque<ObjectKey> ready_;
};

}  // namespace sluice::kube
