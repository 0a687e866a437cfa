// Who gets a place at a server that has too few: for connections, and for bodies.

#include "tests/net/server_stage.h"

#include <boost/asio/as_tuple.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

/// Connects the socket and says `text`.
asio::awaitable<void> say(Stage& stage, asio::ip::tcp::socket& socket, std::string text) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), stage.server->port());
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

/// Opens a connection that says `text` and no more.
asio::awaitable<asio::ip::tcp::socket> connect_and_say(Stage& stage, std::string text) {
  asio::ip::tcp::socket socket(stage.loop.executor());
  co_await say(stage, socket, std::move(text));
  co_return socket;
}

void expect_served(const std::vector<std::string>& answers, size_t count) {
  REQUIRE(answers.size() == count);
  for (const std::string& answer : answers) CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

/// True once the server has closed the connection.
asio::awaitable<bool> is_closed(asio::ip::tcp::socket& socket) {
  char byte = 0;
  const auto [error, count] =
      co_await socket.async_read_some(asio::buffer(&byte, 1), asio::as_tuple(asio::use_awaitable));
  co_return error == asio::error::eof || error == asio::error::connection_reset;
}

constexpr const char* kLastRequest = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

asio::awaitable<void> ask_beside_strangers(Stage& stage, std::vector<std::string>& answers,
                                           bool& closed) {
  // One that says nothing, one that does not come to the end, and one that is being answered.
  asio::ip::tcp::socket silent = co_await connect_and_say(stage, "");
  asio::ip::tcp::socket streamed(stage.loop.executor());
  co_await read_first_chunk(streamed, stage.server->port());
  asio::ip::tcp::socket slow = co_await connect_and_say(stage, "GET / HTTP/1.1\r\nHost: h\r\n");
  for (int i = 0; i < 3; ++i) {
    std::string answer = co_await exchange_raw(stage.server->port(), kLastRequest);
    answers.push_back(std::move(answer));
  }
  closed = co_await is_closed(silent);
  CHECK(stage.handler.unwound == 0);
  co_await stage.server->stop();
}

TEST_CASE("who lets the server wait makes room for who asks", "[http_server]") {
  ServerOptions options;
  options.connections_max = 3;
  Stage stage(options);
  std::vector<std::string> answers;
  bool closed = false;
  run_test(stage.loop, ask_beside_strangers(stage, answers, closed));
  expect_served(answers, 3);
  CHECK(closed);
}

/// More than the buffers between two sockets hold.
constexpr size_t kMuch = size_t{8} * 1024 * 1024;

asio::awaitable<void> ask_beside_the_deaf(Stage& stage, std::vector<std::string>& answers) {
  const std::string request =
      fmt::format("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", kMuch,
                  std::string(kMuch, 'x'));
  std::vector<asio::ip::tcp::socket> deaf;
  for (int i = 0; i < 3; ++i) {
    asio::ip::tcp::socket socket(stage.loop.executor(), asio::ip::tcp::v4());
    socket.set_option(asio::socket_base::receive_buffer_size(4096));
    co_await say(stage, socket, request);
    deaf.push_back(std::move(socket));
  }
  while (stage.handler.requests < 3) co_await sleep_for(stage.loop.clock(), 1ms);
  for (int i = 0; i < 5; ++i) {
    std::string answer = co_await exchange_raw(stage.server->port(), kLastRequest);
    answers.push_back(std::move(answer));
  }
  co_await stage.server->stop();
}

TEST_CASE("who asks and never reads the answer makes room for others", "[http_server]") {
  ServerOptions options;
  options.connections_max = 3;
  Stage stage(options);
  std::vector<std::string> answers;
  run_test(stage.loop, ask_beside_the_deaf(stage, answers));
  expect_served(answers, 5);
}

asio::awaitable<void> ask_beside_streams(Stage& stage, std::string& answer) {
  asio::ip::tcp::socket first(stage.loop.executor());
  asio::ip::tcp::socket second(stage.loop.executor());
  co_await read_first_chunk(first, stage.server->port());
  co_await read_first_chunk(second, stage.server->port());
  answer = co_await exchange_raw(stage.server->port(), kLastRequest);
  CHECK(stage.handler.unwound == 0);
  co_await stage.server->stop();
}

TEST_CASE("who is being answered is not sent away for another", "[http_server]") {
  ServerOptions options;
  options.connections_max = 2;
  Stage stage(options);
  std::string answer;
  run_test(stage.loop, ask_beside_streams(stage, answer));
  CHECK(answer.empty());
}

constexpr const char* kBody60 =
    "POST {} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 60\r\n\r\n{}";

asio::awaitable<void> send_beside_slow_bodies(Stage& stage, std::string& answer) {
  const std::string begun = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\nx";
  asio::ip::tcp::socket first = co_await connect_and_say(stage, begun);
  asio::ip::tcp::socket second = co_await connect_and_say(stage, begun);
  CHECK(co_await is_closed(first));
  answer = co_await exchange_raw(stage.server->port(),
                                 fmt::format(fmt::runtime(kBody60), "/x", std::string(60, 'x')));
  CHECK(co_await is_closed(second));
  CHECK(stage.handler.requests == 1);
  co_await stage.server->stop();
}

TEST_CASE("bodies that do not come to their end make room for others", "[http_server]") {
  ServerOptions options;
  options.bodies_max = 100;
  Stage stage(options);
  std::string answer;
  run_test(stage.loop, send_beside_slow_bodies(stage, answer));
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

asio::awaitable<void> send_beside_an_answer(Stage& stage, std::vector<std::string>& answers) {
  const std::string body(60, 'x');
  asio::ip::tcp::socket streamed =
      co_await connect_and_say(stage, fmt::format(fmt::runtime(kBody60), "/stream", body));
  while (stage.handler.requests < 1) co_await sleep_for(stage.loop.clock(), 1ms);
  for (const std::string& request :
       {fmt::format(fmt::runtime(kBody60), "/x", body), std::string(kLastRequest)}) {
    std::string answer = co_await exchange_raw(stage.server->port(), request);
    answers.push_back(std::move(answer));
  }
  CHECK(stage.handler.unwound == 0);
  co_await stage.server->stop();
}

TEST_CASE("a body that has no room beside those that are answered is refused", "[http_server]") {
  ServerOptions options;
  options.bodies_max = 100;
  Stage stage(options);
  std::vector<std::string> answers;
  run_test(stage.loop, send_beside_an_answer(stage, answers));
  REQUIRE(answers.size() == 2);
  CHECK_THAT(answers[0], StartsWith("HTTP/1.1 503 "));
  CHECK_THAT(answers[1], StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::net
