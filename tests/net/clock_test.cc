#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/process_clock.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> sleep_and_note(Clock& clock, Duration duration, std::string name,
                                     std::vector<std::string>& notes) {
  co_await sleep_for(clock, duration);
  notes.push_back(name + "@" + format_duration(clock.steady_now() - SteadyTime{}));
}

asio::awaitable<void> tick(Clock& clock, Duration interval, int& ticks) {
  while (true) {
    co_await sleep_for(clock, interval);
    ++ticks;
  }
}

TEST_CASE("sleepers wake in the order of their deadlines, then of their age", "[clock]") {
  FakeClock clock;
  asio::io_context context;
  clock.drive(context);
  TaskGroup tasks(context.get_executor());
  std::vector<std::string> notes;
  tasks.spawn("c", sleep_and_note(clock, 3s, "c", notes));
  tasks.spawn("a", sleep_and_note(clock, 1s, "a", notes));
  tasks.spawn("b", sleep_and_note(clock, 1s, "b", notes));
  tasks.spawn("now", sleep_and_note(clock, 0s, "now", notes));
  clock.advance(2s);
  CHECK(notes == std::vector<std::string>{"now@0s", "a@1s", "b@1s"});
  clock.advance(1s);
  CHECK(notes.back() == "c@3s");
  CHECK(clock.system_now() == FakeClock::kStart + 3s);
}

TEST_CASE("one advance passes all the timers that coroutines make on the way", "[clock]") {
  FakeClock clock;
  asio::io_context context;
  clock.drive(context);
  TaskGroup tasks(context.get_executor());
  int ticks = 0;
  tasks.spawn("tick", tick(clock, 10ms, ticks));
  clock.advance(1s);
  CHECK(ticks == 100);
  CHECK(clock.pending_timers() == 1);
  tasks.cancel();
  clock.settle();
  CHECK(tasks.size() == 0);
  CHECK(clock.pending_timers() == 0);
}

TEST_CASE("a cancelled timer does not fire; an unknown one is ignored", "[clock]") {
  FakeClock clock;
  int fired = 0;
  const auto timer = clock.call_at(clock.steady_now() + 1s, [&fired] { ++fired; });
  clock.call_at(clock.steady_now() + 2s, [&fired] { fired += 10; });
  clock.cancel(timer);
  clock.cancel(timer);
  clock.cancel(0);
  CHECK(clock.advance_to_next());
  CHECK(fired == 10);
  CHECK_FALSE(clock.advance_to_next());
}

TEST_CASE("a process that is frozen sees no time pass, and then all of it at once", "[clock]") {
  FakeClock world;
  ProcessClock clock(world, 100s);
  clock.be_wrong_by(-60s);
  CHECK(clock.steady_now() - SteadyTime{} == 100s);
  CHECK(clock.system_now() == FakeClock::kStart - 60s);
  std::vector<std::string> notes;
  for (const Duration after : {1s, 2s, 5s}) {
    clock.call_at(clock.steady_now() + after,
                  [&notes, after] { notes.push_back(format_duration(after)); });
  }
  world.advance(1s);
  CHECK(notes == std::vector<std::string>{"1s"});
  clock.freeze();
  world.advance(3s);
  CHECK(notes.size() == 1);
  clock.thaw();
  world.settle();
  CHECK(notes == std::vector<std::string>{"1s", "2s"});
  world.advance(1s);
  CHECK(notes.back() == "5s");
}

TEST_CASE("what one process does in a second is news to another in the same second", "[clock]") {
  FakeClock clock;
  asio::io_context first;
  asio::io_context second;
  clock.drive(second);
  clock.drive(first);
  int heard = 0;
  asio::post(first, [&] { asio::post(second, [&] { ++heard; }); });
  clock.settle();
  CHECK(heard == 1);
  clock.leave(second);
  asio::post(first, [&] { asio::post(second, [&] { ++heard; }); });
  clock.advance(1s);
  CHECK(heard == 1);
  clock.drive(second);
  clock.settle();
  CHECK(heard == 2);
}

}  // namespace
}  // namespace sluice::net
