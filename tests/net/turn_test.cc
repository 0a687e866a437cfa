#include "net/turn.h"

#include "net/event_loop.h"
#include "net/real_clock.h"
#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/net/loop_fixture.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <exception>
#include <string>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

TEST_CASE("the longest turn is remembered, and how many were long", "[turn]") {
  TurnWatch watch;
  watch.begin({kStart, 1s});
  watch.end({kStart + 49ms, 1s + 40ms});
  watch.begin({kStart + 5s, 2s});  // The wait between two turns belongs to none.
  watch.end({kStart + 5s + 80ms, 2s + 3ms});
  watch.begin({kStart + 6s, 3s});
  watch.end({kStart + 6s + kLongTurn, 3s});
  watch.end({kStart + 20s, 9s});  // Nothing began.
  CHECK(watch.figures().longest == 80ms);
  CHECK(watch.figures().longest_cpu == 40ms);
  CHECK(watch.figures().long_turns == 2);
}

TEST_CASE("a turn tells which of its parts took longest", "[turn]") {
  TurnWatch watch;
  watch.begin({kStart});
  watch.note(kStart + 1ms, "request", "GET /a");
  watch.note(kStart + 3ms, "request", "GET /b");
  watch.note(kStart + 63ms, "reconcile", "");
  watch.end({kStart + 70ms});
  CHECK(watch.last().took == 70ms);
  CHECK(watch.last().longest_part == "request GET /b");
  watch.begin({kStart + 80ms});
  watch.end({kStart + 90ms});
  CHECK(watch.last().longest_part.empty());
}

std::string without_dots(std::string notes) {
  std::erase(notes, '.');
  return notes;
}

/// Keeps the loop busy for so long, as a computation would.
void compute(Duration span) {
  const Duration until = thread_cpu_time() + span;
  while (thread_cpu_time() < until) {
  }
}

asio::awaitable<int> compute_once(Clock& clock) {
  co_await sleep_for(clock, 20ms);
  compute(60ms);
  co_await sleep_for(clock, 1ms);
  CHECK(turn_figures().longest >= 60ms);
  CHECK(turn_figures().longest_cpu >= 60ms);
  CHECK(turn_figures().long_turns >= 1);
  co_return 0;
}

TEST_CASE("a loop measures its own turns, not its waits", "[turn]") {
  EventLoop loop;
  CHECK(turn_figures().longest == 0ms);
  CHECK(turn_figures().longest_cpu == 0ms);
  CHECK(loop.run(compute_once(loop.clock())) == 0);
}

asio::awaitable<int> sleep_long(Clock& clock) {
  co_await sleep_for(clock, 1s);
  CHECK(turn_figures().longest < 1s);
  co_return 0;
}

TEST_CASE("to wait is no turn", "[turn]") {
  EventLoop loop;
  CHECK(loop.run(sleep_long(loop.clock())) == 0);
}

/// As a worker of a store in the same process: whatever it awaits is there at once.
asio::awaitable<void> work_for_ever(const bool* stopped) {
  while (!*stopped) {
    compute(1ms);
    co_await take_turn();
  }
}

asio::awaitable<int> talk_beside(EventLoop& loop) {
  bool stopped = false;
  TaskGroup tasks(loop.executor());
  for (int i = 0; i < 3; ++i) tasks.spawn("worker", work_for_ever(&stopped));
  co_await sleep_for(loop.clock(), 5ms);
  asio::ip::tcp::acceptor acceptor(loop.executor(), {asio::ip::address_v4::loopback(), 0});
  asio::ip::tcp::socket client(loop.executor());
  co_await client.async_connect(acceptor.local_endpoint(), asio::use_awaitable);
  asio::ip::tcp::socket accepted = co_await acceptor.async_accept(asio::use_awaitable);
  stopped = true;
  co_await tasks.stop();
  co_return 7;
}

TEST_CASE("workers that never wait leave sockets and timers their turn", "[turn]") {
  EventLoop loop;
  CHECK(loop.run(talk_beside(loop)) == 7);
}

asio::awaitable<void> go_on_in_line(TurnLine& line, std::string name, std::string& notes) {
  co_await line.take_next_turn();
  notes += name;
}

asio::awaitable<void> count_turns(int turns, std::string& notes) {
  for (int i = 0; i < turns; ++i) {
    notes += '.';
    co_await asio::post(asio::use_awaitable);
  }
}

TEST_CASE("a turn lets the first of a line go on, and no other", "[turn]") {
  asio::io_context context;
  TurnLine line(context.get_executor());
  std::string notes;
  TaskGroup tasks(context.get_executor());
  for (const char* name : {"a", "b", "c"}) tasks.spawn(name, go_on_in_line(line, name, notes));
  tasks.spawn("turns", count_turns(9, notes));
  context.run();
  const std::string letters = without_dots(notes);
  CHECK(letters == "abc");
  for (const char* both : {"ab", "bc"}) CHECK(notes.find(both) == std::string::npos);
}

asio::awaitable<void> go_on_twice(TurnLine& line, std::string& notes) {
  for (int i = 0; i < 2; ++i) {
    co_await line.take_turn();
    notes += 'g';
  }
}

asio::awaitable<void> go_on_alone(int turns, std::string& notes) {
  for (int i = 0; i < turns; ++i) {
    co_await take_turn();
    notes += 'o';
  }
}

TEST_CASE("the many of a group get no more turns than one who is alone", "[turn]") {
  asio::io_context context;
  TurnLine group(context.get_executor());
  std::string notes;
  TaskGroup tasks(context.get_executor());
  for (int i = 0; i < 3; ++i) tasks.spawn("of the group", go_on_twice(group, notes));
  tasks.spawn("alone", go_on_alone(6, notes));
  context.run();
  REQUIRE(notes.size() == 12);
  CHECK(std::ranges::count(notes.substr(0, 6), 'o') >= 3);
}

asio::awaitable<void> ask_once(int& answers) {
  co_await take_turn_of_loop();
  compute(1ms);
  ++answers;
}

asio::awaitable<void> be_asked_by_many(EventLoop& loop) {
  constexpr int kMany = 200;
  int answers = 0;
  TaskGroup tasks(loop.executor());
  for (int i = 0; i < kMany; ++i) tasks.spawn("one of many", ask_once(answers));
  while (answers < kMany) co_await sleep_for(loop.clock(), 1ms);
  CHECK(turn_figures().longest_cpu < 100ms);
  co_await tasks.stop();
}

TEST_CASE("many who ask at once are answered in many turns", "[turn]") {
  EventLoop loop;
  run_test(loop, be_asked_by_many(loop));
}

asio::awaitable<void> leave_the_line(EventLoop& loop) {
  int answers = 0;
  TaskGroup leavers(loop.executor());
  TaskGroup stayers(loop.executor());
  compute(2 * kTurnShare);
  for (int i = 0; i < 5; ++i) {
    leavers.spawn("leaves", ask_once(answers));
    stayers.spawn("stays", ask_once(answers));
  }
  co_await asio::post(asio::use_awaitable);
  compute(2 * kTurnShare);
  co_await leavers.stop();
  while (answers < 5) co_await sleep_for(loop.clock(), 1ms);
  co_await stayers.stop();
}

TEST_CASE("those who are cancelled in the line hold up nobody behind them", "[turn]") {
  EventLoop loop;
  run_test(loop, leave_the_line(loop));
}

asio::awaitable<void> note(std::string name, std::string& notes) {
  for (int i = 0; i < 2; ++i) {
    notes += name;
    co_await take_turn();
  }
}

asio::awaitable<void> answer(std::string& notes) {
  co_await take_turn_of_loop();
  notes = "answered";
}

TEST_CASE("without an event loop what stands in for a server answers at once", "[turn]") {
  asio::io_context context;
  std::string notes;
  asio::co_spawn(context, answer(notes), asio::detached);
  context.run_one();
  CHECK(notes == "answered");
}

TEST_CASE("without an event loop every turn is given, whatever the speed", "[turn]") {
  asio::io_context context;
  std::string notes;
  TaskGroup tasks(context.get_executor());
  tasks.spawn("a", note("a", notes));
  tasks.spawn("b", note("b", notes));
  context.run();
  CHECK(notes == "abab");
}

asio::awaitable<void> take_turns(int& turns) {
  while (true) {
    ++turns;
    co_await take_turn();
  }
}

asio::awaitable<int> cancel_a_worker(EventLoop& loop, int& turns) {
  TaskGroup tasks(loop.executor());
  tasks.spawn("worker", take_turns(turns));
  co_await sleep_for(loop.clock(), 10ms);
  co_await tasks.stop();
  co_return 0;
}

TEST_CASE("whoever takes turns can be cancelled", "[turn]") {
  EventLoop loop;
  int turns = 0;
  CHECK(loop.run(cancel_a_worker(loop, turns)) == 0);
  CHECK(turns > 1);
}

}  // namespace
}  // namespace sluice::net
