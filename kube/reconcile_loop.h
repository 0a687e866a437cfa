#pragma once

// ReconcileLoop: how every controller of this program works through its objects.
//
// - A trigger adds a key and nothing else. Keys are looked at in the order in which they came; a
//   key that is added while it waits is looked at once, and never by two workers at a time.
// - A look reads everything from the caches when it begins, acts, and says how it went:
//     again       it wrote something: it is looked at what came of that, at once;
//     wake_after  all is as it shall be until something changes, or until then;
//     an error    it is looked at again after a growing wait (5 ms to 10 s). A Conflict says that
//                 somebody else wrote first: a few of them are answered at once with a new look.
// - What takes traffic away is added first: it is taken before all others, by a worker of its own,
//   and stands in no line with them.
// - What a key was added for before a look began has been seen by it. So the echo of an own write,
//   which comes while the key is worked on, wakes nobody.
// - Before each look others have their turn (net/turn.h). All workers of a loop have one place in
//   that line, so that a loop of many workers takes no more than a loop of one. What does not
//   settle within kLooksMax waits as after a failure, so that no API server is asked in a loop.
// - Errors are logged here, and nowhere else.
//
// Nothing in it needs to survive the process: at its start a controller adds every key there is.

#include "base/result.h"
#include "kube/object_store.h"
#include "kube/work_queue.h"
#include "net/turn.h"

#include <functional>
#include <optional>
#include <string>

namespace sluice::kube {

/// What a look came to, where it did not fail.
struct Looked {
  bool again = false;                    ///< Something was written: look at what came of it.
  std::optional<Duration> wake_after{};  ///< At the latest then; nothing: when something changes.
};

class ReconcileLoop {
 public:
  using Look = std::function<Awaitable<Result<Looked>>(ObjectKey key)>;
  /// Is told of the end of all looks that a key had in one go, and how long they took.
  using Ended = std::function<void(const ObjectKey& key, Duration took, bool failed)>;

  /// Looks for one key in a row, and conflicts among them.
  static constexpr int kLooksMax = 25;
  static constexpr int kConflictsMax = 5;

  /// `kind` is for people: the log, and what long turns are told of. `clock` must outlive the loop.
  ReconcileLoop(Clock& clock, const asio::any_io_executor& executor, std::string kind, Look look,
                Ended ended = {});

  /// Asks for a look, from anywhere on the loop thread.
  void add(const ObjectKey& key) { queue_.add(key); }

  /// The same, ahead of all others; work_first() is to be spawned with it.
  void add_first(const ObjectKey& key) { queue_.add_first(key); }

  /// One worker: runs until cancelled. As many are spawned as keys may be looked at at the same
  /// time: each mostly waits for the API server. They must have ended before the loop does.
  asio::awaitable<void> work();

  /// Works off what was added first: one worker more, so that it waits for none.
  asio::awaitable<void> work_first();

 private:
  /// A key that was taken from the queue, until it settles or fails. The line outlives it.
  Awaitable<void> work_on(ObjectKey key, net::TurnLine& turns);
  /// Looks at the key until it settles or fails.
  Awaitable<Result<Looked>> settle(ObjectKey key, net::TurnLine& turns);
  void end(const ObjectKey& key, const Result<Looked>& outcome);

  Clock& clock_;
  std::string kind_;
  Look look_;
  Ended ended_;
  WorkQueue queue_;
  net::TurnLine turns_;
  net::TurnLine first_turns_;  ///< Of what was added first.
};

}  // namespace sluice::kube
