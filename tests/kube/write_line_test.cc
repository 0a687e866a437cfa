#include "kube/write_line.h"

#include "tests/kube/kube_stage.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::kube {
namespace {

using Rank = WriteLine::Rank;

/// Writers whose writes end when a test says so, in the order in which they began.
struct Standing : Stage {
  WriteLine line{context.get_executor()};
  std::vector<std::string> began;
  std::vector<std::string> under_way;
  net::Notifier ended{context.get_executor()};

  ~Standing() {
    tasks.cancel();
    clock.settle();
  }

  Awaitable<void> write(std::string name, Rank rank) {
    const WriteLine::Pass pass = co_await line.enter(rank);
    began.push_back(name);
    under_way.push_back(name);
    while (std::ranges::find(under_way, name) != under_way.end()) co_await ended.wait();
  }

  net::TaskGroup::TaskId begin(const std::string& name, Rank rank = Rank::Usual) {
    const auto task = tasks.spawn(name, write(name, rank));
    clock.settle();
    return task;
  }

  void begin_many(size_t count, const std::string& name, Rank rank = Rank::Usual) {
    for (size_t i = 0; i < count; ++i) begin(name + std::to_string(i), rank);
  }

  void end_first() {
    under_way.erase(under_way.begin());
    ended.notify();
    clock.settle();
  }

  bool has_begun(const std::string& name) const {
    return std::ranges::find(began, name) != began.end();
  }
};

}  // namespace

TEST_CASE("write line: only so many are under way, and the others follow in their order") {
  Standing stage;
  stage.begin_many(WriteLine::kAtOnce + 3, "w");
  CHECK(stage.began.size() == WriteLine::kAtOnce);
  for (size_t i = 0; i < 3; ++i) {
    stage.end_first();
    REQUIRE(stage.began.size() == WriteLine::kAtOnce + i + 1);
    CHECK(stage.began.back() == "w" + std::to_string(WriteLine::kAtOnce + i));
  }
}

TEST_CASE("write line: a retreat waits for no other write, however many hang") {
  Standing stage;
  stage.begin_many(WriteLine::kAtOnce + 3, "hangs");
  stage.begin("retreat", Rank::Retreat);
  CHECK(stage.began.back() == "retreat");
}

TEST_CASE("write line: no other write begins before the retreats that wait") {
  Standing stage;
  stage.begin_many(WriteLine::kAtOnce, "first", Rank::Retreat);
  stage.begin("usual");
  stage.begin_many(2, "second", Rank::Retreat);
  REQUIRE(stage.began.size() == WriteLine::kAtOnce);
  stage.end_first();
  stage.end_first();
  CHECK(stage.has_begun("second0"));
  CHECK(stage.has_begun("second1"));
  CHECK_FALSE(stage.has_begun("usual"));
  stage.end_first();
  CHECK(stage.has_begun("usual"));
}

TEST_CASE("write line: who is cancelled in line leaves his place to the next") {
  Standing stage;
  stage.begin_many(WriteLine::kAtOnce, "w");
  const auto gone = stage.begin("gone");
  stage.begin("next");
  SECTION("before it is his turn") {
    stage.tasks.cancel(gone);
    stage.clock.settle();
    stage.end_first();
    CHECK_FALSE(stage.has_begun("gone"));
  }
  SECTION("at the moment when it is") {
    stage.under_way.erase(stage.under_way.begin());
    stage.ended.notify();
    stage.tasks.cancel(gone);
    stage.clock.settle();
  }
  CHECK(stage.has_begun("next"));
}

}  // namespace sluice::kube
