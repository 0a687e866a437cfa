#include "kube/reconcile_loop.h"

#include "tests/kube/kube_stage.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

const ObjectKey kShop{"web", "shop"};
const ObjectKey kCart{"web", "cart"};

/// A controller whose looks do what a test says.
struct Looping : Stage {
  /// What the looks of each key come to, one after the other; the last one for good.
  std::map<ObjectKey, std::deque<Result<Looked>>> outcomes;
  std::vector<std::string> looks;
  std::vector<bool> failures;  ///< Of all that ended.
  /// Runs within each look, as a write whose echo comes.
  std::function<void(const ObjectKey&)> during = [](const ObjectKey&) {};
  /// Looks that wait until they are let go.
  bool held_up = false;
  net::Notifier release{context.get_executor()};
  ReconcileLoop loop{
      clock, context.get_executor(), "Shop", [this](ObjectKey key) { return look(std::move(key)); },
      [this](const ObjectKey&, Duration, bool failed) { failures.push_back(failed); }};

  explicit Looping(int workers = 1) {
    for (int i = 0; i < workers; ++i) tasks.spawn("worker", loop.work());
    clock.settle();
  }

  ~Looping() {
    tasks.cancel();
    clock.settle();
  }

  Awaitable<Result<Looked>> look(ObjectKey key) {
    looks.push_back(key.name);
    during(key);
    while (held_up) co_await release.wait();
    std::deque<Result<Looked>>& planned = outcomes[key];
    if (planned.empty()) co_return Looked{};
    Result<Looked> outcome = planned.front();
    if (planned.size() > 1) planned.pop_front();
    co_return outcome;
  }

  void add(const ObjectKey& key) {
    loop.add(key);
    clock.settle();
  }

  size_t looks_at(const ObjectKey& key) const {
    return static_cast<size_t>(std::count(looks.begin(), looks.end(), key.name));
  }
};

Awaitable<Result<Looked>> settled() {
  co_return Looked{};
}

}  // namespace

TEST_CASE("reconcile loop: a trigger makes one look, and what settled is left alone") {
  Looping stage;
  stage.add(kShop);
  stage.clock.advance(48h);
  CHECK(stage.looks == std::vector<std::string>{"shop"});
  CHECK(stage.failures == std::vector<bool>{false});
}

TEST_CASE("reconcile loop: what is added first waits for no worker") {
  Looping stage;
  stage.held_up = true;
  stage.add(kShop);
  stage.loop.add_first(kCart);
  stage.tasks.spawn("first", stage.loop.work_first());
  stage.clock.settle();
  CHECK(stage.looks_at(kCart) == 1);
  stage.held_up = false;
  stage.release.notify();
  stage.clock.settle();
  CHECK(stage.failures == std::vector<bool>{false, false});
}

TEST_CASE("reconcile loop: what was written is looked at again at once") {
  Looping stage;
  stage.outcomes[kShop] = {Looked{.again = true}, Looked{.again = true}, Looked{.wake_after = 5s},
                           Looked{}};
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == 3);
  CHECK(stage.failures == std::vector<bool>{false});
  stage.clock.advance(4s);
  CHECK(stage.looks_at(kShop) == 3);
  stage.clock.advance(1s);
  CHECK(stage.looks_at(kShop) == 4);
}

TEST_CASE("reconcile loop: the echo of an own write wakes nobody") {
  Looping stage;
  stage.outcomes[kShop] = {Looked{.again = true}, Looked{}};
  stage.during = [&](const ObjectKey& key) {
    if (stage.looks.size() == 1) stage.loop.add(key);
  };
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == 2);
}

TEST_CASE("reconcile loop: what comes after the last look began makes another one") {
  Looping stage;
  stage.during = [&](const ObjectKey& key) {
    if (stage.looks.size() == 1) stage.loop.add(key);
  };
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == 2);
}

TEST_CASE("reconcile loop: a conflict is looked at anew at once, a few times") {
  Looping stage;
  SECTION("it passes") {
    stage.outcomes[kShop] = {fail(conflict("overtaken")), fail(conflict("overtaken")), Looked{}};
    stage.add(kShop);
    CHECK(stage.looks_at(kShop) == 3);
    CHECK(stage.failures == std::vector<bool>{false});
  }
  SECTION("it stays") {
    stage.outcomes[kShop] = {fail(conflict("overtaken"))};
    stage.add(kShop);
    CHECK(stage.looks_at(kShop) == ReconcileLoop::kConflictsMax);
    CHECK(stage.failures == std::vector<bool>{true});
    stage.clock.advance(5ms);
    CHECK(stage.looks_at(kShop) == 2 * ReconcileLoop::kConflictsMax);
  }
}

TEST_CASE("reconcile loop: an object that never settles does not keep the loop busy") {
  Looping stage;
  stage.outcomes[kShop] = {Looked{.again = true}};
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == ReconcileLoop::kLooksMax);
  stage.clock.advance(60s);
  // After 5, 10, 20 ms … 10 s: about twenty times in a minute.
  CHECK(stage.looks_at(kShop) < 25 * ReconcileLoop::kLooksMax);
}

TEST_CASE("reconcile loop: others come between the looks at one object") {
  Looping stage(2);
  stage.outcomes[kShop] = {Looked{.again = true}};
  stage.loop.add(kShop);
  stage.loop.add(kCart);
  stage.clock.settle();
  const auto cart = std::find(stage.looks.begin(), stage.looks.end(), "cart");
  CHECK(cart - stage.looks.begin() <= 2);
}

TEST_CASE("reconcile loop: a loop of many workers takes no more turns than a loop of one") {
  constexpr int kWorkers = 64;
  constexpr size_t kKeys = 20;
  Looping crowd(kWorkers);
  std::vector<size_t> crowd_looked;  // At each look of the other loop.
  ReconcileLoop alone(crowd.clock, crowd.context.get_executor(), "Alone", [&](const ObjectKey&) {
    crowd_looked.push_back(crowd.looks.size());
    return settled();
  });
  net::TaskGroup worker(crowd.context.get_executor());
  worker.spawn("worker", alone.work());
  crowd.clock.settle();

  for (int i = 0; i < kWorkers; ++i) {
    const ObjectKey key{"web", "crowd-" + std::to_string(i)};
    crowd.outcomes[key] = {Looked{.again = true}};
    crowd.loop.add(key);
  }
  for (size_t i = 0; i < kKeys; ++i) alone.add({"web", "alone-" + std::to_string(i)});
  crowd.clock.settle();
  REQUIRE(crowd_looked.size() == kKeys);
  CHECK(crowd_looked.back() <= 3 * kKeys);
  CHECK(crowd.looks.size() == size_t{kWorkers} * ReconcileLoop::kLooksMax);
  worker.cancel();
  crowd.clock.settle();
}

TEST_CASE("reconcile loop: a failure is tried again after a growing wait, a success ends that") {
  Looping stage;
  stage.outcomes[kShop] = {fail(unavailable("away")), fail(unavailable("away")),
                           fail(unavailable("away")), Looked{}};
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == 1);
  stage.clock.advance(40ms);  // 5 + 10 + 20 at most
  CHECK(stage.looks_at(kShop) == 4);
  CHECK(stage.failures == std::vector<bool>{true, true, true, false});
  stage.clock.advance(48h);
  CHECK(stage.looks_at(kShop) == 4);
}

TEST_CASE("reconcile loop: who waits for an answer holds up neither others nor its own end") {
  Looping stage(2);
  stage.held_up = true;
  stage.add(kShop);
  stage.add(kShop);
  CHECK(stage.looks_at(kShop) == 1);
  stage.add(kCart);
  CHECK(stage.looks_at(kCart) == 1);
  stage.held_up = false;
  stage.release.notify();
  stage.clock.settle();
  CHECK(stage.looks_at(kShop) == 2);
}

}  // namespace sluice::kube
