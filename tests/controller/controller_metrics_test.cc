#include "controller/controller_metrics.h"

#include "net/event_loop.h"
#include "net/real_clock.h"
#include "net/turn.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

namespace sluice::controller {
namespace {

using Catch::Matchers::Contains;

/// Keeps the loop busy for a long turn, and lets it end.
net::asio::awaitable<void> hold_the_loop_up() {
  const SteadyTime until = net::real_steady_now() + net::kLongTurn;
  while (net::real_steady_now() < until) {
  }
  co_await net::asio::post(net::asio::use_awaitable);
}

net::asio::awaitable<int> read_twice(ControllerMetrics& metrics, std::string& first,
                                     std::string& second) {
  co_await hold_the_loop_up();
  const double turns = static_cast<double>(net::turn_figures().long_turns);
  CHECK(turns >= 1);
  first = metrics.text();
  second = metrics.text();
  co_return static_cast<int>(turns);
}

TEST_CASE("the long turns of the loop are exported, each once", "[metrics]") {
  ControllerMetrics metrics;
  net::EventLoop loop;
  std::string first;
  std::string second;
  const int turns = loop.run(read_twice(metrics, first, second));
  const std::string line = "\nsluice_loop_long_turns_total " + std::to_string(turns) + "\n";
  CHECK_THAT(first, Contains(line));
  CHECK_THAT(second, Contains(line));
}

}  // namespace
}  // namespace sluice::controller
