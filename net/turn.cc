#include "net/turn.h"

#include "base/log.h"
#include "net/real_clock.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <memory>

namespace sluice::net {

namespace {

/// What the loop of this thread is watched by.
struct Watched {
  TurnWatch* watch = nullptr;
  std::shared_ptr<TurnLine> line;
  SteadyTime share_began{};  ///< When somebody was last let go on with a share of his own.
  SteadyTime told{};         ///< When a long turn was last told of.
};

thread_local Watched watched;

void tell(const TurnWatch::Turn& turn, SteadyTime now) {
  if (turn.took < kLongTurn || now - watched.told < kLongTurnNewsEvery) return;
  watched.told = now;
  const double milliseconds = std::chrono::duration<double, std::milli>(turn.took).count();
  log_warn("one turn of the event loop took long",
           {{"milliseconds", fmt::format("{:.0f}", milliseconds)},
            {"mostly", turn.longest_part.empty() ? "unknown" : turn.longest_part}});
}

TurnMoment moment_now() {
  return {.time = real_steady_now(), .cpu = thread_cpu_time()};
}

bool is_share_used_up() {
  const SteadyTime now = real_steady_now();
  return std::min(watched.watch->gone(now), now - watched.share_began) >= kTurnShare;
}

}  // namespace

void TurnWatch::begin(TurnMoment now) {
  running_ = true;
  began_ = now;
  part_began_ = now.time;
  part_.clear();
  longest_part_took_ = Duration::zero();
  last_.longest_part.clear();
}

void TurnWatch::note(SteadyTime now, std::string_view what, std::string_view with) {
  end_part(now);
  part_.assign(what);
  if (with.empty()) return;
  part_ += ' ';
  part_ += with;
}

void TurnWatch::end(TurnMoment now) {
  if (!running_) return;
  end_part(now.time);
  running_ = false;
  last_.took = now.time - began_.time;
  figures_.longest_cpu = std::max(figures_.longest_cpu, now.cpu - began_.cpu);
  figures_.longest = std::max(figures_.longest, last_.took);
  if (last_.took >= kLongTurn) ++figures_.long_turns;
}

void TurnWatch::end_part(SteadyTime now) {
  if (now - part_began_ > longest_part_took_) {
    longest_part_took_ = now - part_began_;
    last_.longest_part = part_;
  }
  part_began_ = now;
}

class TurnLine::Place {
 public:
  explicit Place(TurnLine& line) : line_(line) { ++line_.length_; }

  ~Place() {
    if (--line_.length_ > 0) line_.next_.notify_one();
  }

  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_first() const { return line_.length_ == 1; }

 private:
  TurnLine& line_;
};

asio::awaitable<void> TurnLine::take_turn() {
  const Place place(*this);
  if (!place.is_first()) co_await next_.wait();
  co_await net::take_turn();
}

asio::awaitable<void> TurnLine::take_next_turn() {
  const Place place(*this);
  if (!place.is_first()) co_await next_.wait();
  co_await asio::post(asio::use_awaitable);
}

asio::awaitable<void> take_turn() {
  if (watched.watch == nullptr)
    co_await asio::post(asio::use_awaitable);
  else
    co_await take_turn_of_loop();
}

asio::awaitable<void> take_turn_of_loop() {
  if (watched.watch == nullptr || !is_share_used_up()) co_return;
  // Kept alive by all who wait: the loop may end before.
  const std::shared_ptr<TurnLine> line = watched.line;
  co_await line->take_next_turn();
  watched.share_began = real_steady_now();
}

void this_turn_does(std::string_view what, std::string_view with) {
  if (watched.watch != nullptr) watched.watch->note(real_steady_now(), what, with);
}

TurnFigures turn_figures() {
  return watched.watch == nullptr ? TurnFigures{} : watched.watch->figures();
}

WatchedThread::WatchedThread(TurnWatch& watch, const asio::any_io_executor& executor) {
  watched = {.watch = &watch, .line = std::make_shared<TurnLine>(executor)};
  watch.begin(moment_now());
}

WatchedThread::~WatchedThread() {
  loop_waits();
  watched = {};
}

void loop_waits() {
  if (watched.watch == nullptr) return;
  const TurnMoment now = moment_now();
  watched.watch->end(now);
  tell(watched.watch->last(), now.time);
}

void loop_woke() {
  if (watched.watch != nullptr) watched.watch->begin(moment_now());
}

}  // namespace sluice::net
