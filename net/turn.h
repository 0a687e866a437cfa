#pragma once

// Turns of the event loop. A turn is all that the loop does from when it has looked for events
// (sockets, timers, signals, other threads) until it looks again; meanwhile nobody else is served.
// So no turn may be long. The loop's waiting is watched (net/asio.cc): the longest turn is a
// metric, and a long one is told in the log together with what ran.
//
// A coroutine whose awaits are all answered at once, as those of an object store in the same
// process are, never comes back to the loop by itself: it asks take_turn() between its pieces.

#include "base/time.h"
#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

/// A turn from here on is told in the log, and counted.
inline constexpr Duration kLongTurn = std::chrono::milliseconds(50);

/// How much of a turn may be gone when somebody goes on within it.
inline constexpr Duration kTurnShare = std::chrono::milliseconds(5);

/// How often a long turn is told of at most.
inline constexpr Duration kLongTurnNewsEvery = std::chrono::seconds(1);

/// Lets the loop look for events, and all who wait for the loop run first, where kTurnShare of the
/// present turn is over; else returns at once. Those who wait stand in one line, and each turn lets
/// the first of them go on, with a share of its own, whatever else it does. Where no EventLoop runs
/// (tests on a fake clock) everybody waits for the next turn, so that nothing depends on speed. A
/// cancelled coroutine throws here.
asio::awaitable<void> take_turn();

/// As take_turn() where an EventLoop runs; elsewhere returns at once: for pieces so small that no
/// test need wait for them.
asio::awaitable<void> take_turn_of_loop();

/// Many who have one place together in the line, so that they take no more than one would.
class TurnLine {
 public:
  explicit TurnLine(const asio::any_io_executor& executor) : next_(executor) {}

  /// As net::take_turn(), once all who came before have had theirs. The line outlives the wait.
  asio::awaitable<void> take_turn();
  /// As take_turn(), but for a turn whatever is left of the present one.
  asio::awaitable<void> take_next_turn();

 private:
  /// One who waits; left also by who is cancelled. Who leaves calls the next.
  class Place;

  Notifier next_;
  size_t length_ = 0;
};

/// Says what the present turn does from now on, for the log line about a long one.
void this_turn_does(std::string_view what, std::string_view with = {});

/// Of all turns since the loop was first run.
struct TurnFigures {
  Duration longest{};
  /// The most time that one turn had the processor for: on a busy machine a turn takes longer, and
  /// what it does does not.
  Duration longest_cpu{};
  uint64_t long_turns = 0;  ///< How many took kLongTurn or more.
};

/// When a turn began or ended.
struct TurnMoment {
  SteadyTime time{};
  Duration cpu{};  ///< What the thread has had of the processor so far.
};

/// Of the loop that runs on this thread; zeros where none does.
TurnFigures turn_figures();

/// Measures turns. A value without time of its own.
class TurnWatch {
 public:
  /// A turn and the part of it that took longest.
  struct Turn {
    Duration took{};
    std::string longest_part;  ///< What this_turn_does() said; empty where nobody did.
  };

  void begin(TurnMoment now);
  void note(SteadyTime now, std::string_view what, std::string_view with);
  /// Ends the turn; nothing happens where none has begun.
  void end(TurnMoment now);

  /// How much of the present turn is over.
  Duration gone(SteadyTime now) const { return running_ ? now - began_.time : Duration::zero(); }

  const TurnFigures& figures() const { return figures_; }

  /// The turn that ended last.
  const Turn& last() const { return last_; }

 private:
  void end_part(SteadyTime now);

  bool running_ = false;
  TurnMoment began_{};
  SteadyTime part_began_{};
  std::string part_;
  Duration longest_part_took_{};
  Turn last_;
  TurnFigures figures_;
};

/// While it lives, the waits of the loop on this thread are told to `watch`, and its turns are
/// taken.
class WatchedThread {
 public:
  WatchedThread(TurnWatch& watch, const asio::any_io_executor& executor);
  ~WatchedThread();
  WatchedThread(const WatchedThread&) = delete;
  WatchedThread& operator=(const WatchedThread&) = delete;
};

/// The loop begins to wait for events, and has ended its wait: called around Asio's only wait.
void loop_waits();
void loop_woke();

}  // namespace sluice::net
