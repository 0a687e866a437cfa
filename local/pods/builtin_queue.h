#pragma once

// The queue of a built-in controller: keys of objects to look at, each once, in the order in which
// they came, now or later.

#include "base/clock.h"
#include "base/object_meta.h"
#include "net/notifier.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <map>
#include <set>

namespace sluice::local {

namespace asio = boost::asio;

class KeyQueue {
 public:
  /// `clock` must outlive the queue.
  KeyQueue(Clock& clock, const asio::any_io_executor& executor);
  ~KeyQueue();
  KeyQueue(const KeyQueue&) = delete;
  KeyQueue& operator=(const KeyQueue&) = delete;

  /// Wants the key to be looked at; nothing happens where it waits already.
  void add(const ObjectKey& key);
  /// The same after a while; of several times for one key the earliest counts.
  void add_after(const ObjectKey& key, Duration wait);

  /// Waits for the next key. One caller at a time.
  asio::awaitable<ObjectKey> next();

 private:
  struct Timer {
    SteadyTime due;
    Clock::TimerId id;
  };

  Clock& clock_;
  net::Notifier added_;
  std::deque<ObjectKey> order_;
  std::set<ObjectKey> waiting_;
  std::map<ObjectKey, Timer> timers_;
};

}  // namespace sluice::local
