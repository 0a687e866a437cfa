#include "net/sleep.h"
#include "tests/net/server_stage.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <string>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

asio::awaitable<void> exchange_and_stop(Stage& stage, std::string request, std::string& answer) {
  answer = co_await exchange_raw(stage.server->port(), std::move(request));
  co_await stage.server->stop();
}

/// The whole text that the server sends for the raw request until it closes.
std::string answer_to(std::string request, ServerOptions options = {}) {
  Stage stage(std::move(options));
  std::string answer;
  run_test(stage.loop, exchange_and_stop(stage, std::move(request), answer));
  return answer;
}

TEST_CASE("a request is decoded and its answer is framed", "[http_server]") {
  Stage stage;
  std::string answer;
  const std::string request =
      "POST /a%20b/c?x=1&y=p%2Bq+r HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
      "Content-Length: 5\r\n\r\nhello";
  run_test(stage.loop, exchange_and_stop(stage, request, answer));
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(answer, Contains("Content-Length: 17\r\n") && Contains("Connection: close\r\n"));
  CHECK_THAT(answer, Contains("X-Split: a  b: c\r\n"));
  CHECK_THAT(answer, Catch::Matchers::EndsWith("\r\n\r\nPOST /a b/c hello"));
  CHECK(stage.handler.last.peer_address == "127.0.0.1");
  CHECK(stage.handler.last.headers.get("HOST") == "h");
  CHECK(query_parameter(stage.handler.last.query, "y") == "p+q r");
  CHECK(query_parameter(stage.handler.last.query, "z") == std::nullopt);
}

TEST_CASE("connections are kept alive, also for requests sent ahead", "[http_server]") {
  const std::string answer = answer_to(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
      "HEAD /2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK_THAT(answer, Contains("GET /1 ") && Contains("GET /3 ") && !Contains("HEAD /2"));
}

TEST_CASE("what cannot be read is refused with a reason", "[http_server]") {
  ServerOptions options;
  options.body_max = 10;
  options.header_max = 200;
  const std::string long_header(1000, 'x');
  CHECK_THAT(answer_to("nonsense\r\n\r\n", options), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(answer_to("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", options),
             StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(answer_to("GET / HTTP/1.1\r\nHost: h\r\nX: " + long_header + "\r\n\r\n", options),
             StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(
      answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n" + std::string(11, 'x'),
                options),
      StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(answer_to("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello "
                       "world\r\n0\r\n\r\n",
                       options),
             StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("after a request whose end could be read in two ways nothing more is read",
          "[http_server]") {
  const std::string answer = answer_to(
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 400 "));
  CHECK(answer.rfind("HTTP/1.1 ") == 0);
}

TEST_CASE("a request that does not come to its end is ended by the deadline", "[http_server]") {
  ServerOptions options;
  options.read_deadline = 50ms;
  CHECK(answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nx", options).empty());
  options.idle_deadline = 50ms;
  CHECK(answer_to("", options).empty());
}

TEST_CASE("a client that asks before it sends a body is told to go on", "[http_server]") {
  for (const char* expectation : {"100-continue", "100-Continue"}) {
    const std::string answer =
        answer_to(fmt::format("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: {}\r\nConnection: close\r\n"
                              "Content-Length: 2\r\n\r\nhi",
                              expectation));
    INFO(expectation);
    CHECK_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  }
}

TEST_CASE("a request names its host, and one alone", "[http_server]") {
  const std::pair<const char*, const char*> heads[] = {
      {"GET /x HTTP/1.1\r\n", "HTTP/1.1 400 "},
      {"GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "HTTP/1.1 400 "},
      {"GET /x HTTP/1.1\r\nhost: a\r\n", "HTTP/1.1 200 "},
      {"GET /x HTTP/1.1\r\nHost:\r\n", "HTTP/1.1 200 "},
      {"GET /x HTTP/1.0\r\n", "HTTP/1.1 200 "}};
  for (const auto& [head, expected] : heads) {
    INFO(head);
    CHECK_THAT(answer_to(std::string(head) + "Connection: close\r\n\r\n"), StartsWith(expected));
  }
}

TEST_CASE("handlers that fail or forget to answer cost one 500", "[http_server]") {
  CHECK_THAT(answer_to("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 500 "));
  CHECK_THAT(answer_to("GET /silent HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 500 "));
}

TEST_CASE("a streamed answer comes in chunks, or until the close for HTTP/1.0", "[http_server]") {
  CHECK_THAT(answer_to("GET /three HTTP/1.1\r\nHost: h\r\n\r\n"),
             Contains("Transfer-Encoding: chunked") &&
                 Catch::Matchers::EndsWith("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"));
  CHECK_THAT(answer_to("GET /three HTTP/1.0\r\n\r\n"),
             !Contains("chunked") && Catch::Matchers::EndsWith("\r\n\r\none two three"));
}

asio::awaitable<void> vanish_in_stream(Stage& stage) {
  {
    asio::ip::tcp::socket socket(stage.loop.executor());
    co_await read_first_chunk(socket, stage.server->port());
    CHECK(stage.handler.unwound == 0);
  }
  while (stage.handler.unwound == 0) co_await sleep_for(stage.loop.clock(), 1ms);
  co_await stage.server->stop();
}

TEST_CASE("the handler of a streamed answer unwinds when its peer vanishes", "[http_server]") {
  Stage stage;
  run_test(stage.loop, vanish_in_stream(stage));
  CHECK(stage.handler.unwound == 1);
}

asio::awaitable<void> stop_in_stream(Stage& stage) {
  asio::ip::tcp::socket socket(stage.loop.executor());
  co_await read_first_chunk(socket, stage.server->port());
  co_await stage.server->stop();
}

TEST_CASE("stopping the server ends streamed answers and idle connections", "[http_server]") {
  Stage stage;
  run_test(stage.loop, stop_in_stream(stage));
  CHECK(stage.handler.unwound == 1);
}

TEST_CASE("a taken port and a bad address are errors", "[http_server]") {
  Stage stage;
  ServerOptions taken;
  taken.port = stage.server->port();
  const auto second = make_http_server(stage.loop.executor(), taken, stage.handler)->start();
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::Unavailable);
  ServerOptions named;
  named.host = "nowhere.invalid";
  const auto third = make_http_server(stage.loop.executor(), named, stage.handler)->start();
  REQUIRE_FALSE(third);
  CHECK(third.error().code == ErrorCode::Invalid);
  run_test(stage.loop, stage.server->stop());
}

}  // namespace
}  // namespace sluice::net
