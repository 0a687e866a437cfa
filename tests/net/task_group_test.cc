#include "net/task_group.h"

#include "net/sleep.h"
#include "tests/fakes/fake_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <exception>
#include <string>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

struct Stage {
  FakeClock clock;
  asio::io_context context;
  TaskGroup tasks{context.get_executor()};

  Stage() { clock.drive(context); }
};

/// Notes how it ends, as a destructor sees it.
struct EndNote {
  std::string& notes;

  ~EndNote() { notes += "ended "; }
};

asio::awaitable<void> work(Clock& clock, Duration duration, std::string& notes) {
  const EndNote note{notes};
  notes += "began ";
  co_await sleep_for(clock, duration);
  notes += "worked ";
}

TEST_CASE("a task starts in the loop's next turn and leaves the group at its end", "[tasks]") {
  Stage stage;
  std::string notes;
  stage.tasks.spawn("work", work(stage.clock, 1s, notes));
  CHECK(notes.empty());
  stage.clock.settle();
  CHECK(notes == "began ");
  CHECK(stage.tasks.size() == 1);
  stage.clock.advance(1s);
  CHECK(notes == "began worked ended ");
  CHECK(stage.tasks.size() == 0);
}

TEST_CASE("cancelled tasks unwind; tasks that have not begun never do", "[tasks]") {
  Stage stage;
  std::string running;
  std::string unstarted;
  std::string late;
  stage.tasks.spawn("running", work(stage.clock, 1h, running));
  stage.clock.settle();
  stage.tasks.spawn("unstarted", work(stage.clock, 1h, unstarted));
  stage.tasks.cancel();
  stage.tasks.spawn("late", work(stage.clock, 1h, late));
  stage.clock.settle();
  CHECK(running == "began ended ");
  CHECK(unstarted.empty());
  CHECK(late.empty());
  CHECK(stage.tasks.size() == 0);
  CHECK(stage.clock.pending_timers() == 0);
}

/// Puts off its end: cancellation wakes it, and it needs one more second to tidy up.
asio::awaitable<void> end_slowly(Clock& clock, Notifier& tidied) {
  try {
    co_await sleep_for(clock, 1h);
  } catch (const std::exception&) {
    clock.call_at(clock.steady_now() + 1s, [&tidied] { tidied.notify(); });
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await tidied.wait_uncancelled();
}

TEST_CASE("stop waits for the last task", "[tasks]") {
  Stage stage;
  Notifier tidied(stage.context.get_executor());
  bool stopped = false;
  stage.tasks.spawn("slow", end_slowly(stage.clock, tidied));
  stage.clock.settle();
  asio::co_spawn(stage.context, stage.tasks.stop(),
                 [&stopped](const std::exception_ptr&) { stopped = true; });
  stage.clock.advance(999ms);
  CHECK_FALSE(stopped);
  stage.clock.advance(1ms);
  CHECK(stopped);
  CHECK(stage.tasks.size() == 0);
}

TEST_CASE("an empty group stops at once", "[tasks]") {
  Stage stage;
  bool stopped = false;
  asio::co_spawn(stage.context, stage.tasks.stop(),
                 [&stopped](const std::exception_ptr&) { stopped = true; });
  stage.clock.settle();
  CHECK(stopped);
}

}  // namespace
}  // namespace sluice::net
