#include "net/event_loop.h"

#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/net/loop_fixture.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> sleep_and_note(Clock& clock, SteadyTime deadline, std::string name,
                                     std::string& notes) {
  co_await sleep_until(clock, deadline);
  notes += name;
}

asio::awaitable<void> wait_for_all(Clock& clock, TaskGroup& tasks) {
  while (tasks.size() > 0) co_await sleep_for(clock, 1ms);
}

TEST_CASE("the real clock wakes sleepers in order", "[event_loop]") {
  EventLoop loop;
  TaskGroup tasks(loop.executor());
  std::string notes;
  const SteadyTime start = loop.clock().steady_now();
  tasks.spawn("c", sleep_and_note(loop.clock(), start + 20ms, "c", notes));
  tasks.spawn("a", sleep_and_note(loop.clock(), start + 5ms, "a", notes));
  tasks.spawn("b", sleep_and_note(loop.clock(), start + 5ms, "b", notes));
  run_test(loop, wait_for_all(loop.clock(), tasks));
  CHECK(notes == "abc");
  CHECK(loop.clock().steady_now() >= start + 20ms);
}

asio::awaitable<int> stop_at_once(Clock& clock, TaskGroup& tasks) {
  co_await sleep_for(clock, 1ms);
  co_await tasks.stop();
  co_return 0;
}

TEST_CASE("real sleeps can be cancelled", "[event_loop]") {
  EventLoop loop;
  TaskGroup tasks(loop.executor());
  std::string notes;
  tasks.spawn("long", sleep_and_note(loop.clock(), loop.clock().steady_now() + 1h, "x", notes));
  CHECK(loop.run(stop_at_once(loop.clock(), tasks)) == 0);
  CHECK(notes.empty());
}

asio::awaitable<int> raise_and_wait(EventLoop& loop) {
  asio::awaitable<int> waiting = loop.termination_signal();
  // The handler is in place only once the wait has begun: raise from a timer.
  loop.clock().call_at(loop.clock().steady_now() + 1ms, [] { std::raise(SIGTERM); });
  co_return co_await std::move(waiting);
}

TEST_CASE("a termination signal wakes the waiting coroutine", "[event_loop]") {
  EventLoop loop;
  CHECK(loop.run(raise_and_wait(loop)) == SIGTERM);
}

asio::awaitable<int> expect_and_wait(EventLoop& loop) {
  loop.expect_termination();
  std::raise(SIGTERM);
  co_return co_await loop.termination_signal();
}

TEST_CASE("a termination signal that comes before the wait for it is kept", "[event_loop]") {
  EventLoop loop;
  CHECK(loop.run(expect_and_wait(loop)) == SIGTERM);
}

bool ends_the_process(int signal) {
  struct sigaction current{};
  sigaction(signal, nullptr, &current);
  return current.sa_handler == SIG_DFL;
}

asio::awaitable<void> wait_until_it_would_end(EventLoop& loop, bool& ended_at_once) {
  const int signal = co_await raise_and_wait(loop);
  ended_at_once = ends_the_process(signal);
  while (!ends_the_process(SIGTERM) || !ends_the_process(SIGINT))
    co_await sleep_for(loop.clock(), 10ms);
}

TEST_CASE("after a termination signal and its echoes the next one ends the process",
          "[event_loop]") {
  EventLoop loop;
  bool ended_at_once = true;
  run_test(loop, wait_until_it_would_end(loop, ended_at_once));
  CHECK_FALSE(ended_at_once);
}

}  // namespace
}  // namespace sluice::net
