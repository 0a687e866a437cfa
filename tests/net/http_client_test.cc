#include "net/http_client.h"

#include "net/http_server.h"
#include "net/task_group.h"
#include "tests/net/http_stage.h"
#include "tests/net/loop_fixture.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("a request goes there and its answer comes back", "[http_client]") {
  HttpStage stage;
  HttpRequest request = stage.request("/a%2Fb?q=1");
  request.method = "POST";
  request.body = " hello";
  request.headers.add("X-One", "1");
  const auto answer = answer_to(stage, request);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "POST hello");
  CHECK(answer->headers.get("content-type") == "text/plain");
  CHECK(stage.handler.last.path == "/a/b");
  CHECK(stage.handler.last.query == "q=1");
  CHECK(stage.handler.last.headers.get("x-one") == "1");
}

TEST_CASE("a HEAD request is answered without a body", "[http_client]") {
  HttpStage stage;
  HttpRequest request = stage.request("/");
  request.method = "HEAD";
  const auto answer = answer_to(stage, request);
  REQUIRE(answer);
  CHECK(answer->body.empty());
  CHECK(answer->headers.get("Content-Length") == "4");
}

TEST_CASE("the deadline covers a server that does not answer", "[http_client]") {
  HttpStage stage;
  HttpRequest request = stage.request("/hang");
  request.deadline = 30ms;
  const auto answer = answer_to(stage, request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::Timeout);
  CHECK_THAT(answer.error().message, Contains("GET http://127.0.0.1:") && Contains("/hang"));
}

TEST_CASE("bodies are whole up to the bound and refused beyond it", "[http_client]") {
  {
    HttpStage stage;
    const auto answer = answer_to(stage, stage.request("/big"));
    REQUIRE(answer);
    CHECK(answer->body == std::string(3'000'000, 'x'));
  }
  HttpStage stage;
  HttpRequest request = stage.request("/big");
  request.body_max = 1'000'000;
  const auto answer = answer_to(stage, request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::Invalid);
}

TEST_CASE("URLs that cannot be requested are invalid", "[http_client]") {
  for (const char* url : {"", "ftp://h/", "http://", "http://u:p@h/", "h:80", "http://h:99999/"}) {
    INFO(url);
    HttpStage stage;
    HttpRequest request;
    request.url = url;
    const auto answer = answer_to(stage, request);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::Invalid);
    CHECK_THAT(answer.error().message, !Contains("u:p"));
  }
}

TEST_CASE("an address that is not allowed is not connected to", "[http_client]") {
  const auto elsewhere = AddressPattern::parse("10.0.0.0/8");
  const auto here = AddressPattern::parse("127.0.0.0/8");
  REQUIRE((elsewhere && here));
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"}) {
    CAPTURE(host);
    HttpStage stage({}, {}, AddressRule::only({*elsewhere}));
    HttpRequest request = stage.request("/");
    request.url = fmt::format("http://{}:{}/", host, stage.server->port());
    const auto answer = answer_to(stage, request);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::Forbidden);
    CHECK_THAT(answer.error().message, Contains("is not allowed"));
    CHECK(stage.handler.requests == 0);
  }
  HttpStage stage({}, {}, AddressRule::only({*elsewhere, *here}));
  CHECK(answer_to(stage, stage.request("/")));
}

asio::awaitable<void> read_lines(HttpStage& stage, std::string& text) {
  HttpRequest request = stage.request("/lines");
  auto stream = co_await stage.client->open(std::move(request));
  REQUIRE(stream);
  CHECK((*stream)->head().status == 200);
  while (true) {
    auto piece = co_await (*stream)->read(5s);
    REQUIRE(piece);
    if (!*piece) break;
    text += **piece;
  }
  co_await stage.server->stop();
}

TEST_CASE("a streamed answer is read piece by piece to its end", "[http_client]") {
  HttpStage stage;
  std::string text;
  run_test(stage.loop, read_lines(stage, text));
  CHECK(text == "one\ntwo\nthree\n");
}

/// A server of one connection at a time that answers each request with the next canned text, and
/// closes the connection after the texts that say so.
struct Canned {
  std::string text;
  bool close = false;
};

struct CannedServer {
  explicit CannedServer(EventLoop& loop)
      : acceptor(loop.executor(), {asio::ip::address_v4::loopback(), 0}), tasks(loop.executor()) {}

  std::string url() const {
    return fmt::format("http://127.0.0.1:{}/", acceptor.local_endpoint().port());
  }

  asio::awaitable<void> serve(std::vector<Canned> answers) {
    auto next = answers.begin();
    while (next != answers.end()) {
      asio::ip::tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      ++connections;
      for (bool open = true; open && next != answers.end();) {
        std::string request;
        const auto [read_error, size] = co_await asio::async_read_until(
            socket, asio::dynamic_buffer(request), "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
        if (read_error) break;
        ++requests;
        co_await asio::async_write(socket, asio::buffer(next->text),
                                   asio::as_tuple(asio::use_awaitable));
        open = !next->close;
        ++next;
      }
    }
  }

  asio::ip::tcp::acceptor acceptor;
  TaskGroup tasks;
  int connections = 0;
  int requests = 0;
};

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

asio::awaitable<void> ask(HttpClient& client, std::string url, std::string method, int times,
                          std::vector<Result<HttpResponse>>& answers) {
  for (int i = 0; i < times; ++i) {
    HttpRequest request;
    request.url = url;
    request.method = method;
    auto answer = co_await client.send(std::move(request));
    answers.push_back(std::move(answer));
  }
}

asio::awaitable<void> ask_canned(CannedServer& server, HttpClient& client, std::string method,
                                 int times, std::vector<Canned> canned,
                                 std::vector<Result<HttpResponse>>& answers) {
  server.tasks.spawn("canned server", server.serve(std::move(canned)));
  co_await ask(client, server.url(), method, times, answers);
  co_await server.tasks.stop();
}

struct CannedRun {
  std::vector<Result<HttpResponse>> answers;
  int connections = 0;
  int requests = 0;
};

CannedRun run_canned(const std::string& method, int times, std::vector<Canned> canned) {
  EventLoop loop;
  CannedServer server(loop);
  auto client = make_http_client(loop.executor(), {});
  REQUIRE(client);
  CannedRun run;
  run_test(loop, ask_canned(server, **client, method, times, std::move(canned), run.answers));
  run.connections = server.connections;
  run.requests = server.requests;
  return run;
}

TEST_CASE("connections are reused", "[http_client]") {
  const CannedRun run = run_canned("GET", 3, {{kOk}, {kOk}, {kOk}});
  CHECK(run.connections == 1);
  for (const auto& answer : run.answers) CHECK(answer.value().body == "ok");
}

/// The kernel's timers of the established connections to a port: lines of /proc/net/tcp.
std::vector<std::string> timers_to(uint16_t port) {
  std::vector<std::string> timers;
  std::ifstream table("/proc/net/tcp");
  const std::string remote = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string slot;
    std::string local;
    std::string peer;
    std::string state;
    std::string queues;
    std::string timer;
    fields >> slot >> local >> peer >> state >> queues >> timer;
    if (peer.ends_with(remote) && state == "01") timers.push_back(timer);
  }
  return timers;
}

asio::awaitable<void> look_at_timers(HttpStage& stage, HttpRequest request,
                                     std::vector<std::string>& timers) {
  const auto answer = co_await stage.client->send(std::move(request));
  timers = timers_to(stage.server->port());
  co_await stage.server->stop();
}

TEST_CASE("a peer that vanishes without a word is asked for in time", "[http_client]") {
  HttpStage stage;
  std::vector<std::string> timers;
  run_test(stage.loop, look_at_timers(stage, stage.request("/"), timers));
  REQUIRE(timers.size() == 1);
  // "02:…": keep-alive, and the hundredths of a second until it asks.
  REQUIRE(timers.front().starts_with("02:"));
  CHECK(std::stoul(timers.front().substr(3), nullptr, 16) <= 3000);
}

TEST_CASE("a connection that is to be closed, or was, is not reused", "[http_client]") {
  const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it";
  const CannedRun run = run_canned("POST", 2, {{closing, true}, {kOk, true}});
  CHECK(run.connections == 2);
  CHECK(run.answers.at(0).value().body == "all of it");
  CHECK(run.answers.at(1).value().body == "ok");
}

TEST_CASE("a kept connection that fails costs a GET one more try, a POST an error",
          "[http_client]") {
  // The second request is read and answered by nothing but a close.
  const CannedRun get = run_canned("GET", 2, {{kOk}, {"", true}, {kOk}});
  CHECK(get.requests == 3);
  CHECK(get.answers.at(1).value().body == "ok");
  const CannedRun post = run_canned("POST", 2, {{kOk}, {"", true}, {kOk}});
  CHECK(post.requests == 2);
  REQUIRE_FALSE(post.answers.at(1));
  CHECK(post.answers.at(1).error().code == ErrorCode::Unavailable);
}

TEST_CASE("broken answers are errors, interim ones are skipped", "[http_client]") {
  const auto code_of = [](const std::string& text) {
    return run_canned("GET", 1, {{text, true}}).answers.at(0).error().code;
  };
  CHECK(code_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab") == ErrorCode::Unavailable);
  CHECK(code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n") ==
        ErrorCode::Unavailable);
  CHECK(code_of("what?\r\n\r\n") == ErrorCode::Unavailable);
  CHECK(code_of("") == ErrorCode::Unavailable);
  CHECK(code_of("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n") ==
        ErrorCode::Invalid);
  CHECK(code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" +
                std::string(2'000'000, 'x')) == ErrorCode::Invalid);
  const CannedRun run = run_canned("GET", 1, {{std::string("HTTP/1.1 103 Hm\r\n\r\n") + kOk}});
  CHECK(run.answers.at(0).value().body == "ok");
}

asio::awaitable<void> open_canned(CannedServer& server, HttpClient& client, Canned canned,
                                  std::optional<Error>& error) {
  std::vector<Canned> answers(1, canned);
  server.tasks.spawn("canned server", server.serve(std::move(answers)));
  HttpRequest request;
  request.url = server.url();
  const auto stream = co_await client.open(std::move(request));
  if (!stream) error = stream.error();
  co_await server.tasks.stop();
}

TEST_CASE("a stream that announces more than there can be is refused", "[http_client]") {
  for (const char* length : {"99999999999", "9223372036854775000"}) {
    INFO(length);
    EventLoop loop;
    CannedServer server(loop);
    auto client = make_http_client(loop.executor(), {});
    REQUIRE(client);
    std::optional<Error> error;
    const Canned lying{fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nab", length)};
    run_test(loop, open_canned(server, **client, lying, error));
    REQUIRE(error);
    CHECK(error->code == ErrorCode::Invalid);
  }
}

TEST_CASE("a refused connection is unavailable", "[http_client]") {
  HttpStage stage;
  HttpRequest request = stage.request("/");
  run_test(stage.loop, stage.server->stop());
  const auto answer = answer_to(stage, request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::Unavailable);
}

}  // namespace
}  // namespace sluice::net
