#include "kube/leadership.h"

#include "kube/gated_store.h"
#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

#include <boost/asio/detached.hpp>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

/// Time goes on and no timer fires: what a process finds that was frozen.
class FrozenClock : public Clock {
 public:
  SystemTime system_now() const override { return FakeClock::kStart; }

  SteadyTime steady_now() const override { return now; }

  TimerId call_at(SteadyTime, std::function<void()>) override { return 1; }

  void cancel(TimerId) override {}

  SteadyTime now{};
};

struct Worker : Stage {
  Leadership leadership{clock, context.get_executor()};
  int terms = 0;
  bool working = false;

  asio::awaitable<void> work() {
    while (true) {
      co_await leadership.begin_term();
      ++terms;
      working = true;
      co_await leadership.wait_term_end();
      working = false;
    }
  }

  Worker() {
    tasks.spawn("work", work());
    clock.settle();
  }

  ~Worker() {
    tasks.cancel();
    clock.settle();
  }

  void lead_for(Duration duration) {
    leadership.lead_until(clock.steady_now() + duration);
    clock.settle();
  }
};

TEST_CASE("a term lasts for as long as it is prolonged in time", "[leadership]") {
  Worker worker;
  CHECK_FALSE(worker.leadership.may_write());
  worker.lead_for(10s);
  CHECK(worker.working);
  CHECK(worker.leadership.may_write());
  worker.clock.advance(9s);
  worker.lead_for(10s);
  worker.clock.advance(9s);
  CHECK(worker.working);
  CHECK(worker.terms == 1);
  worker.clock.advance(1s);
  CHECK_FALSE(worker.working);
  CHECK_FALSE(worker.leadership.may_write());
  worker.lead_for(10s);
  CHECK(worker.terms == 2);
}

TEST_CASE("a term that is ended is over at once", "[leadership]") {
  Worker worker;
  worker.lead_for(10s);
  worker.leadership.end();
  CHECK_FALSE(worker.leadership.may_write());
  worker.clock.settle();
  CHECK_FALSE(worker.working);
}

TEST_CASE("without an election there is one term", "[leadership]") {
  Worker worker;
  worker.leadership.lead_always();
  worker.clock.settle();
  worker.clock.advance(24h * 365);
  CHECK(worker.working);
  CHECK(worker.terms == 1);
}

TEST_CASE("a right that lapsed and came back gives nothing to the old term", "[leadership]") {
  boost::asio::io_context context;
  FrozenClock clock;
  Leadership leadership(clock, context.get_executor());
  leadership.lead_until(clock.now + 10s);
  int terms = 0;
  boost::asio::co_spawn(
      context,
      [](Leadership& held, int& begun) -> asio::awaitable<void> {
        for (; begun < 2; ++begun) {
          co_await held.begin_term();
          co_await held.wait_term_end();
        }
      }(leadership, terms),
      boost::asio::detached);
  context.poll();
  CHECK(leadership.may_write());
  clock.now += 12s;
  leadership.lead_until(clock.now + 10s);
  CHECK_FALSE(leadership.may_write());
  context.poll();
  CHECK(terms == 1);
  CHECK(leadership.may_write());
  leadership.end();
  context.restart();
  context.poll();
}

TEST_CASE("a process that was frozen writes nothing when it goes on", "[leadership]") {
  Stage stage;
  FrozenClock clock;
  Leadership leadership(clock, stage.context.get_executor());
  ScriptedStore api(stage.context.get_executor());
  GatedStore store(api, while_leading(leadership));
  const Resource resource = *find_resource("", "Service");
  const auto create = [&] { return stage.run(store.create(resource, "web", "{}")); };
  CHECK(create().error().code == ErrorCode::Unavailable);
  leadership.lead_until(clock.now + 10s);
  stage.tasks.spawn("term", leadership.begin_term());
  stage.clock.settle();
  api.writes.assign(4, Result<Object>(Object{}));
  CHECK(create());
  CHECK(api.calls.size() == 1);
  clock.now += 10s;
  CHECK_FALSE(create());
  CHECK_FALSE(stage.run(store.patch(resource, {"web", "shop"}, PatchType::Merge, "{}", {})));
  CHECK_FALSE(stage.run(store.remove(resource, {"web", "shop"}, {})));
  CHECK(api.calls.size() == 1);
  CHECK(stage.run(store.get(resource, {"web", "shop"})));
  CHECK(api.calls.size() == 2);
}

TEST_CASE("where a process stands is told in words", "[leadership]") {
  CHECK(to_string(StandingReport{Standing::Leading, "ns/l", "me", ""}) == "leading");
  CHECK(to_string(StandingReport{Standing::Standby, "ns/l", "pod-7", ""}) ==
        "standby: ns/l is held by pod-7");
  CHECK(to_string(StandingReport{Standing::Waiting, "ns/l", "", "not allowed"}) ==
        "waiting: ns/l: not allowed");
}

}  // namespace
}  // namespace sluice::kube
