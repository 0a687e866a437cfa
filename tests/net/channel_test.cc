#include "net/channel.h"

#include "net/task_group.h"
#include "tests/fakes/fake_clock.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace sluice::net {
namespace {

asio::awaitable<void> collect(Channel<std::string>& channel, std::vector<std::string>& into) {
  while (true) {
    std::optional<std::string> item = co_await channel.pop();
    if (!item) break;
    into.push_back(std::move(*item));
  }
  into.emplace_back("end");
}

TEST_CASE("a channel hands items on in order and refuses beyond its capacity", "[channel]") {
  FakeClock clock;
  asio::io_context context;
  clock.drive(context);
  Channel<std::string> channel(context.get_executor(), 2);
  CHECK(channel.push("a"));
  CHECK(channel.push("b"));
  CHECK_FALSE(channel.push("c"));

  std::vector<std::string> got;
  TaskGroup tasks(context.get_executor());
  tasks.spawn("collect", collect(channel, got));
  clock.settle();
  CHECK(got == std::vector<std::string>{"a", "b"});

  CHECK(channel.push("d"));
  channel.close();
  CHECK_FALSE(channel.push("e"));
  clock.settle();
  CHECK(got == std::vector<std::string>{"a", "b", "d", "end"});
  CHECK(tasks.size() == 0);
}

asio::awaitable<void> count_wakings(Notifier& notifier, int& count) {
  while (true) {
    co_await notifier.wait();
    ++count;
  }
}

TEST_CASE("a notification wakes everybody who waits, and nobody who comes later", "[notifier]") {
  FakeClock clock;
  asio::io_context context;
  clock.drive(context);
  Notifier notifier(context.get_executor());
  TaskGroup tasks(context.get_executor());
  int first = 0;
  int second = 0;
  notifier.notify();
  tasks.spawn("first", count_wakings(notifier, first));
  tasks.spawn("second", count_wakings(notifier, second));
  clock.settle();
  CHECK(first + second == 0);
  notifier.notify();
  clock.settle();
  CHECK(first == 1);
  CHECK(second == 1);
  tasks.cancel();
  clock.settle();
  CHECK(tasks.size() == 0);
}

}  // namespace
}  // namespace sluice::net
