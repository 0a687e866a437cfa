#include "tests/net/loop_fixture.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <utility>

namespace sluice::net {
namespace {

constexpr int kDone = 0;
constexpr int kTooLate = 1;
constexpr Duration kTestDeadline = std::chrono::seconds(20);

asio::awaitable<int> run_to_end(asio::awaitable<void> test) {
  co_await std::move(test);
  co_return kDone;
}

}  // namespace

void run_test(EventLoop& loop, asio::awaitable<void> test) {
  const auto alarm = loop.clock().call_at(loop.clock().steady_now() + kTestDeadline,
                                          [&loop] { loop.stop(kTooLate); });
  CHECK(loop.run(run_to_end(std::move(test))) == kDone);
  loop.clock().cancel(alarm);
}

asio::awaitable<std::string> exchange_raw(uint16_t port, std::string request) {
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(request), asio::as_tuple(asio::use_awaitable));
  std::string answer;
  co_await asio::async_read(socket, asio::dynamic_buffer(answer),
                            asio::as_tuple(asio::use_awaitable));
  co_return answer;
}

}  // namespace sluice::net
