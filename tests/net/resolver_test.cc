#include "net/resolver.h"

#include "net/notifier.h"
#include "net/task_group.h"
#include "tests/net/loop_fixture.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <optional>
#include <string>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Answer = std::optional<Result<Resolver::Endpoints>>;

asio::awaitable<void> resolve_into(Resolver& resolver, std::string host, Duration deadline,
                                   Answer& answer) {
  const SteadyTime end = std::chrono::steady_clock::now() + deadline;
  answer = co_await resolver.resolve(std::move(host), 80, end);
}

Result<Resolver::Endpoints> made_up(const std::string& host, uint16_t port) {
  if (host == "unknown") return fail(unavailable("no such name"));
  return Resolver::Endpoints(1, {asio::ip::make_address("192.0.2.1"), port});
}

TEST_CASE("names are looked up, numbers are not", "[resolver]") {
  EventLoop loop;
  Resolver resolver(loop.executor(), made_up);
  Answer answer;
  run_test(loop, resolve_into(resolver, "shop", 10s, answer));
  CHECK(answer->value().at(0).address().to_string() == "192.0.2.1");
  run_test(loop, resolve_into(resolver, "unknown", 10s, answer));
  CHECK(answer->error().code == ErrorCode::Unavailable);
  run_test(loop, resolve_into(resolver, "::1", 10s, answer));
  CHECK(answer->value().at(0).address().is_loopback());
}

TEST_CASE("localhost resolves with the system's resolver", "[resolver]") {
  EventLoop loop;
  Resolver resolver(loop.executor());
  Answer answer;
  run_test(loop, resolve_into(resolver, "localhost", 10s, answer));
  REQUIRE(answer->has_value());
  CHECK(answer->value().at(0).address().is_loopback());
}

/// The look-up of "hangs" waits for the release; every other name is answered at once.
auto hangs_until(std::promise<void>& release) {
  const std::shared_future<void> released = release.get_future().share();
  return [released](const std::string& host, uint16_t port) {
    if (host == "hangs") released.wait();
    return made_up(host, port);
  };
}

TEST_CASE("a look-up that hangs is left at the deadline and holds up nobody", "[resolver]") {
  std::promise<void> release;
  {
    EventLoop loop;
    Resolver resolver(loop.executor(), hangs_until(release));
    Answer answer;
    run_test(loop, resolve_into(resolver, "hangs", 20ms, answer));
    CHECK(answer->error().code == ErrorCode::Timeout);
    // The other thread still serves.
    run_test(loop, resolve_into(resolver, "shop", 10s, answer));
    CHECK(answer->has_value());
  }
  release.set_value();
}

asio::awaitable<void> resolve_both(Resolver& resolver, EventLoop& loop, Answer& answer) {
  TaskGroup tasks(loop.executor());
  Answer hung;
  tasks.spawn("look-up", resolve_into(resolver, "hangs", 1h, hung));
  co_await resolve_into(resolver, "shop", 10s, answer);
  co_await tasks.stop();
}

TEST_CASE("of two look-ups in one turn none waits for the other", "[resolver]") {
  std::promise<void> release;
  {
    EventLoop loop;
    Resolver resolver(loop.executor(), hangs_until(release));
    Answer answer;
    // From now on one thread is idle.
    run_test(loop, resolve_into(resolver, "shop", 10s, answer));
    answer.reset();
    run_test(loop, resolve_both(resolver, loop, answer));
    REQUIRE(answer);
    CHECK(answer->has_value());
  }
  release.set_value();
}

asio::awaitable<void> cancel_look_up(Resolver& resolver, EventLoop& loop, Answer& answer) {
  TaskGroup tasks(loop.executor());
  tasks.spawn("look-up", resolve_into(resolver, "hangs", 1h, answer));
  Notifier turn(loop.executor());
  loop.clock().call_at(loop.clock().steady_now() + 10ms, [&turn] { turn.notify(); });
  co_await turn.wait();
  co_await tasks.stop();
}

TEST_CASE("a waiting look-up can be cancelled", "[resolver]") {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  {
    EventLoop loop;
    Resolver resolver(loop.executor(), [released](const std::string& host, uint16_t port) {
      released.wait();
      return made_up(host, port);
    });
    Answer answer;
    run_test(loop, cancel_look_up(resolver, loop, answer));
    CHECK_FALSE(answer.has_value());
  }
  release.set_value();
}

}  // namespace
}  // namespace sluice::net
