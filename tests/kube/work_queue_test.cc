#include "kube/work_queue.h"

#include "tests/kube/kube_stage.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

ObjectKey key(const std::string& name) {
  return {"web", name};
}

struct Queued : Stage {
  WorkQueue queue{clock, context.get_executor()};
  std::vector<std::string> taken;

  ~Queued() {
    tasks.cancel();
    clock.settle();
  }

  void add(std::initializer_list<const char*> names) {
    for (const char* name : names) queue.add(key(name));
  }

  /// Lets one worker take a key; "" where there is none.
  std::string take() {
    if (queue.ready() == 0) return "";
    return run(queue.next()).name;
  }

  void fail(const std::string& name) { queue.failed(key(name)); }

  void done(const std::string& name, std::optional<Duration> wake_after = {}) {
    queue.done(key(name), wake_after);
  }

  /// How long it takes until the key can be taken; at most `most`.
  Duration wait_for_ready(Duration most = 24h) {
    const SteadyTime from = clock.steady_now();
    clock.settle();
    while (queue.ready() == 0 && clock.steady_now() - from < most)
      if (!clock.advance_to_next()) return most;
    return clock.steady_now() - from;
  }

  boost::asio::awaitable<void> take_forever() {
    while (true) taken.push_back((co_await queue.next()).name);
  }
};

}  // namespace

TEST_CASE("work queue: keys come in the order in which they were added, each once") {
  Queued stage;
  stage.add({"a", "b", "a", "c", "b"});
  CHECK(stage.take() == "a");
  CHECK(stage.take() == "b");
  CHECK(stage.take() == "c");
  CHECK(stage.take().empty());
}

TEST_CASE("work queue: a key is never with two workers, and comes again for what was missed") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  stage.add({"a", "a"});
  CHECK(stage.take().empty());
  stage.done("a");
  CHECK(stage.take() == "a");
  stage.done("a");
  CHECK(stage.take().empty());
}

TEST_CASE("work queue: who comes again stands behind those who wait") {
  Queued stage;
  stage.add({"busy", "b", "c"});
  REQUIRE(stage.take() == "busy");
  stage.add({"busy"});
  stage.done("busy");
  CHECK(stage.take() == "b");
  CHECK(stage.take() == "c");
  CHECK(stage.take() == "busy");
}

TEST_CASE("work queue: what is added first is taken before all others") {
  Queued stage;
  stage.add({"a", "b", "c"});
  stage.queue.add_first(key("c"));
  stage.queue.add_first(key("new"));
  CHECK(stage.take() == "c");
  SECTION("by any worker") {
    CHECK(stage.take() == "new");
  }
  SECTION("by one who takes nothing else") {
    CHECK(stage.queue.next_first() == key("new"));
    CHECK(stage.queue.next_first() == std::nullopt);
  }
  CHECK(stage.take() == "a");
  CHECK(stage.take() == "b");
  CHECK(stage.take().empty());
}

TEST_CASE("work queue: what is added first during work on it is taken next, and once") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  stage.add({"b"});
  stage.queue.add_first(key("a"));
  stage.done("a");
  CHECK(stage.take() == "a");
  stage.add({"a"});
  stage.done("a");
  CHECK(stage.take() == "b");
  CHECK(stage.take() == "a");
}

TEST_CASE("work queue: what came before a look does not make the key come again") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  stage.add({"a"});
  stage.queue.looks(key("a"));
  SECTION("nothing since") {
    stage.done("a");
    CHECK(stage.take().empty());
  }
  SECTION("something since") {
    stage.add({"a"});
    stage.done("a");
    CHECK(stage.take() == "a");
  }
}

TEST_CASE("work queue: a key that is done comes again when it was asked to") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");

  struct Row {
    std::optional<Duration> asked;
    Duration got;
  };

  const auto row = GENERATE(Row{3s, 3s}, Row{0s, 0s}, Row{-5s, 0s}, Row{48h, 24h},
                            Row{Duration::max(), 24h}, Row{Duration::min(), 0s});
  stage.done("a", row.asked);
  CHECK(stage.queue.ready() == 0);
  CHECK(stage.wait_for_ready() == row.got);
  CHECK(stage.take() == "a");
}

TEST_CASE("work queue: a trigger comes before the time that was waited for, which is void then") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  SECTION("after work that was done") {
    stage.done("a", 10s);
  }
  SECTION("after a failure") {
    stage.fail("a");
  }
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  stage.clock.advance(20s);
  stage.done("a");
  CHECK(stage.take().empty());
  CHECK(stage.clock.pending_timers() == 0);
}

TEST_CASE("work queue: the time to come again is void where the key came again before") {
  Queued stage;
  stage.add({"a"});
  REQUIRE(stage.take() == "a");
  stage.add({"a"});
  stage.done("a", 5s);
  REQUIRE(stage.take() == "a");
  stage.done("a");
  stage.clock.advance(10s);
  CHECK(stage.take().empty());
}

TEST_CASE("work queue: failures wait ever longer, up to 10 s, and from 5 ms on after a success") {
  Queued stage;
  stage.add({"a"});
  for (int i = 0; i < 20; ++i) {
    REQUIRE(stage.take() == "a");
    stage.fail("a");
    const Duration waited = stage.wait_for_ready();
    const Duration most = std::min<Duration>(5ms * (1 << std::min(i, 20)), 10s);
    CHECK(waited <= most);
    CHECK(waited >= most / 2);
  }
  REQUIRE(stage.take() == "a");
  stage.done("a", 1s);
  stage.wait_for_ready();
  REQUIRE(stage.take() == "a");
  stage.fail("a");
  CHECK(stage.wait_for_ready() <= 5ms);
}

TEST_CASE("work queue: one key's failures hold up no other") {
  Queued stage;
  stage.add({"bad", "good"});
  REQUIRE(stage.take() == "bad");
  stage.fail("bad");
  CHECK(stage.take() == "good");
}

TEST_CASE("work queue: keys that fail together do not come again together") {
  Queued stage;
  std::map<std::string, Duration> waits;
  for (const char* name : {"a", "b", "c"}) {
    stage.add({name});
    REQUIRE(stage.take() == name);
    for (int i = 0; i < 10; ++i) {
      stage.fail(name);
      waits[name] = stage.wait_for_ready();
      REQUIRE(stage.take() == name);
    }
    stage.done(name);
  }
  CHECK(std::set<Duration>{waits["a"], waits["b"], waits["c"]}.size() == 3);
}

TEST_CASE("work queue: news during work that fails is looked at within 250 ms") {
  Queued stage;
  stage.add({"a"});
  for (int i = 0; i < 15; ++i) {
    REQUIRE(stage.take() == "a");
    stage.fail("a");
    stage.wait_for_ready();
  }
  REQUIRE(stage.take() == "a");
  stage.add({"a"});
  stage.fail("a");
  CHECK(stage.queue.ready() == 0);  // It may be the failure's own echo.
  CHECK(stage.wait_for_ready() == WorkQueue::kEchoWait);
}

TEST_CASE("work queue: nothing is held of a key that wants nothing") {
  Queued stage;
  for (int i = 0; i < 1000; ++i) {
    stage.queue.add(key(std::to_string(i)));
    stage.done(stage.take());
  }
  CHECK(stage.queue.held() == 0);
}

TEST_CASE("work queue: of many who wait one takes the key, and none is left waiting in vain") {
  Queued stage;
  for (int i = 0; i < 3; ++i) stage.tasks.spawn("worker", stage.take_forever());
  stage.clock.settle();
  stage.add({"a"});
  stage.clock.settle();
  CHECK(stage.taken == std::vector<std::string>{"a"});
  stage.add({"b", "c", "d", "e"});
  stage.clock.settle();
  CHECK(stage.taken == std::vector<std::string>{"a", "b", "c", "d", "e"});
}

TEST_CASE("work queue: workers that wait end when they are cancelled, and the queue's timers go") {
  Queued stage;
  {
    WorkQueue queue(stage.clock, stage.context.get_executor());
    net::TaskGroup workers(stage.context.get_executor());
    const auto wait = [](WorkQueue* from) -> boost::asio::awaitable<void> {
      while (true) co_await from->next();
    };
    for (int i = 0; i < 3; ++i) workers.spawn("worker", wait(&queue));
    stage.clock.settle();
    queue.add(key("a"));
    stage.clock.settle();
    queue.done(key("a"), 1h);
    CHECK(stage.clock.pending_timers() == 1);
    queue.add(key("b"));
    workers.cancel();
    stage.clock.settle();
    CHECK(workers.size() == 0);
  }
  CHECK(stage.clock.pending_timers() == 0);
}

}  // namespace sluice::kube
