#include "net/http_server.h"

#include "net/event_loop.h"
#include "net/notifier.h"
#include "net/sleep.h"
#include "tests/net/loop_fixture.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

/// Counts handlers that were cancelled; lives in the frame of each.
struct UnwindNote {
  int& unwound;

  ~UnwindNote() { ++unwound; }
};

HttpResponse echo(const ServerRequest& request) {
  return {.status = 200,
          .headers = {{"Content-Type", "text/plain"}, {"X-Split", "a\r\nb: c"}},
          .body = request.method + " " + request.path + " " + request.body};
}

/// Answers by path; /stream goes on until it is cancelled.
class Handler : public HttpHandler {
 public:
  explicit Handler(Clock& clock) : clock_(clock) {}

  Awaitable<void> handle(ServerRequest request, Responder& responder) override {
    last = request;
    ++requests;
    if (request.path == "/stream") {
      co_await stream(responder);
    } else if (request.path == "/three") {
      co_await send_three(responder);
    } else if (request.path == "/throw") {
      throw std::runtime_error("a defect");
    } else if (request.path != "/silent") {
      HttpResponse response = echo(request);
      co_await responder.send(std::move(response));
    }
  }

  ServerRequest last;
  int requests = 0;
  int unwound = 0;

 private:
  Awaitable<void> stream(Responder& responder) {
    const UnwindNote note{unwound};
    HttpResponse head{.status = 200, .headers = {}, .body = {}};
    co_await responder.start(std::move(head));
    co_await responder.write("first\n");
    co_await sleep_for(clock_, 1h);
  }

  Awaitable<void> send_three(Responder& responder) {
    HttpResponse head{.status = 200, .headers = {}, .body = {}};
    co_await responder.start(std::move(head));
    for (const char* text : {"one ", "two ", "three"}) co_await responder.write(text);
  }

  Clock& clock_;
};

struct Stage {
  EventLoop loop;
  Handler handler{loop.clock()};
  std::unique_ptr<HttpServer> server;

  explicit Stage(ServerOptions options = {}) {
    server = make_http_server(loop.executor(), std::move(options), handler);
    REQUIRE(server->start());
  }
};

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
  CHECK_THAT(answer_to("GET / HTTP/1.1\r\nX: " + long_header + "\r\n\r\n", options),
             StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(
      answer_to("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n" + std::string(11, 'x'), options),
      StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(
      answer_to(
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n",
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
  CHECK(answer_to("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nx", options).empty());
  options.idle_deadline = 50ms;
  CHECK(answer_to("", options).empty());
}

TEST_CASE("a client that asks before it sends a body is told to go on", "[http_server]") {
  const std::string answer = answer_to(
      "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
      "2\r\n\r\nhi");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_CASE("handlers that fail or forget to answer cost one 500", "[http_server]") {
  CHECK_THAT(answer_to("GET /throw HTTP/1.1\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 500 "));
  CHECK_THAT(answer_to("GET /silent HTTP/1.1\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 500 "));
}

TEST_CASE("a streamed answer comes in chunks, or until the close for HTTP/1.0", "[http_server]") {
  CHECK_THAT(answer_to("GET /three HTTP/1.1\r\n\r\n"),
             Contains("Transfer-Encoding: chunked") &&
                 Catch::Matchers::EndsWith("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"));
  CHECK_THAT(answer_to("GET /three HTTP/1.0\r\n\r\n"),
             !Contains("chunked") && Catch::Matchers::EndsWith("\r\n\r\none two three"));
}

asio::awaitable<void> read_first_chunk(asio::ip::tcp::socket& socket, uint16_t port) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  const std::string request = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::string text;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "first\n",
                                  asio::use_awaitable);
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

/// True once the server has closed the connection.
asio::awaitable<bool> is_closed(asio::ip::tcp::socket& socket) {
  char byte = 0;
  const auto [error, count] =
      co_await socket.async_read_some(asio::buffer(&byte, 1), asio::as_tuple(asio::use_awaitable));
  co_return error == asio::error::eof || error == asio::error::connection_reset;
}

constexpr const char* kLastRequest = "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n";

asio::awaitable<void> ask_beside_strangers(Stage& stage, std::vector<std::string>& answers,
                                           bool& closed) {
  // One that says nothing, one that does not come to the end, and one that is being answered.
  asio::ip::tcp::socket silent = co_await connect_and_say(stage, "");
  asio::ip::tcp::socket streamed(stage.loop.executor());
  co_await read_first_chunk(streamed, stage.server->port());
  asio::ip::tcp::socket slow = co_await connect_and_say(stage, "GET / HTTP/1.1\r\n");
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
  REQUIRE(answers.size() == 3);
  for (const std::string& answer : answers) CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
  CHECK(closed);
}

/// More than the buffers between two sockets hold.
constexpr size_t kMuch = size_t{8} * 1024 * 1024;

asio::awaitable<void> ask_beside_the_deaf(Stage& stage, std::vector<std::string>& answers) {
  const std::string request = fmt::format("POST /x HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", kMuch,
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
  REQUIRE(answers.size() == 5);
  for (const std::string& answer : answers) CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
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
