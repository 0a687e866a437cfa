#include "net/connection.h"
#include "net/task_group.h"
#include "tests/net/http_stage.h"
#include "tests/net/loop_fixture.h"
#include "tests/net/test_certificates.h"

#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

struct TlsStage {
  TestIdentity ca = make_test_ca();
  TestIdentity server = make_test_identity(ca, "server", {}, "IP:127.0.0.1,DNS:sluice.test");

  ServerOptions server_options() const {
    return {.certificate = server.certificate, .key = server.key, .client_ca = ca.certificate};
  }
};

TEST_CASE("TLS names the client by its certificate and reuses connections", "[https]") {
  const TlsStage tls;
  const TestIdentity me = make_test_identity(tls.ca, "jane", {"devs", "system:masters"}, "");
  HttpStage stage(tls.server_options(),
                  {.ca = tls.ca.certificate, .certificate = me.certificate, .key = me.key});
  const auto answer = answer_to(stage, stage.request("/big", "https"));
  REQUIRE(answer);
  CHECK(answer->body.size() == 3'000'000);
  CHECK(stage.handler.last.client_common_name == "jane");
  CHECK(stage.handler.last.client_organizations ==
        std::vector<std::string>{"devs", "system:masters"});
}

TEST_CASE("TLS streams are read to their end", "[https]") {
  const TlsStage tls;
  HttpStage stage(tls.server_options(), {.ca = tls.ca.certificate});
  const auto answer = answer_to(stage, stage.request("/lines", "https"));
  REQUIRE(answer);
  CHECK(answer->body == "one\ntwo\nthree\n");
  CHECK(stage.handler.last.client_common_name.empty());
}

TEST_CASE("certificates that do not prove the server are refused", "[https]") {
  const TlsStage tls;
  const TestIdentity other_ca = make_test_ca();

  struct Row {
    TlsOptions options;
    bool accepted;
  };

  const Row rows[] = {
      {{.ca = other_ca.certificate}, false},
      {{}, false},
      {{.ca = tls.ca.certificate, .server_name = "elsewhere.test"}, false},
      {{.ca = tls.ca.certificate, .server_name = "sluice.test"}, true},
      {{.insecure = true}, true},
  };
  for (const Row& row : rows) {
    INFO(row.options.server_name);
    HttpStage stage(tls.server_options(), row.options);
    const auto answer = answer_to(stage, stage.request("/", "https"));
    CHECK(answer.has_value() == row.accepted);
    if (!answer) {
      CHECK(answer.error().code == ErrorCode::Unavailable);
      CHECK_THAT(answer.error().message, Contains("certificate"));
    }
  }
}

TEST_CASE("a certificate of another host is told by the name that was expected", "[https]") {
  const TlsStage tls;
  HttpStage stage(tls.server_options(),
                  {.ca = tls.ca.certificate, .server_name = "elsewhere.test"});
  const auto answer = answer_to(stage, stage.request("/", "https"));
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message, Contains("the certificate is not for elsewhere.test"));
}

using asio::ip::tcp;

tcp::acceptor listen_on_loopback(EventLoop& loop) {
  return {loop.executor(), {asio::ip::address_v4::loopback(), 0}};
}

asio::awaitable<void> accept_and_close(tcp::acceptor& acceptor) {
  const tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
}

asio::awaitable<void> connect_past(tcp::acceptor& closing, HttpStage& stage, ConnectTarget target,
                                   Result<std::unique_ptr<Connection>>& made) {
  TaskGroup tasks(stage.loop.executor());
  tasks.spawn("close", accept_and_close(closing));
  made = co_await connect(std::move(target), std::chrono::steady_clock::now() + 15s);
  co_await tasks.stop();
  co_await stage.server->stop();
}

TEST_CASE("where one address cannot shake hands the next one is tried", "[https]") {
  const TlsStage tls;
  HttpStage stage(tls.server_options());
  const tcp::acceptor silent = listen_on_loopback(stage.loop);
  tcp::acceptor closing = listen_on_loopback(stage.loop);
  ConnectTarget target;
  const tcp::endpoint good(asio::ip::address_v4::loopback(), stage.server->port());
  target.endpoints = {silent.local_endpoint(), closing.local_endpoint(), good};
  target.tls = make_client_tls({.ca = tls.ca.certificate}).value();
  target.server_name = "sluice.test";
  Result<std::unique_ptr<Connection>> made = fail(internal("not tried"));
  run_test(stage.loop, connect_past(closing, stage, target, made));
  CHECK(made.has_value());
}

TEST_CASE("a client certificate of a foreign authority is refused", "[https]") {
  const TlsStage tls;
  const TestIdentity stranger = make_test_identity(make_test_ca(), "mallory", {}, "");
  HttpStage stage(
      tls.server_options(),
      {.ca = tls.ca.certificate, .certificate = stranger.certificate, .key = stranger.key});
  CHECK_FALSE(answer_to(stage, stage.request("/", "https")));
  CHECK(stage.handler.requests == 0);
}

asio::awaitable<void> shake_hands_beside_the_silent(HttpStage& stage, ConnectTarget target,
                                                    bool& kept, int& welcomed) {
  const tcp::endpoint server(asio::ip::address_v4::loopback(), stage.server->port());
  target.endpoints = {server};
  const SteadyTime deadline = std::chrono::steady_clock::now() + 15s;
  const auto idle = co_await connect(target, deadline);
  REQUIRE(idle);
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 20; ++i) {
    tcp::socket socket(stage.loop.executor());
    co_await socket.async_connect(server, asio::use_awaitable);
    silent.push_back(std::move(socket));
    const auto connection = co_await connect(target, deadline);
    welcomed += connection.has_value() ? 1 : 0;
  }
  const Result<void> asked =
      co_await (*idle)->write("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "", deadline);
  std::array<char, 100> answer{};
  const Result<size_t> count = co_await (*idle)->read_some(answer.data(), answer.size(), deadline);
  kept = asked && count.value_or(0) > 0;
  co_await stage.server->stop();
}

TEST_CASE("who never shakes hands takes the place of nobody who has", "[https]") {
  const TlsStage tls;
  ServerOptions options = tls.server_options();
  options.connections_max = 8;
  HttpStage stage(options);
  ConnectTarget target;
  target.tls = make_client_tls({.ca = tls.ca.certificate}).value();
  target.server_name = "sluice.test";
  bool kept = false;
  int welcomed = 0;
  run_test(stage.loop, shake_hands_beside_the_silent(stage, target, kept, welcomed));
  CHECK(kept);
  CHECK(welcomed == 20);
}

TEST_CASE("unusable PEM texts are named", "[https]") {
  EventLoop loop;
  const auto bad_ca = make_http_client(loop.executor(), {.ca = "not PEM"});
  REQUIRE_FALSE(bad_ca);
  CHECK_THAT(bad_ca.error().message, Contains("certificate authority"));
  const auto no_key = make_http_client(loop.executor(), {.certificate = "x"});
  REQUIRE_FALSE(no_key);
  CHECK(no_key.error().code == ErrorCode::Invalid);
}

TEST_CASE("who sends too much over TLS is told so, not cut off", "[https]") {
  const TlsStage tls;
  ServerOptions options = tls.server_options();
  options.body_max = 10;
  HttpStage stage(options, {.ca = tls.ca.certificate});
  HttpRequest request = stage.request("/", "https");
  request.method = "POST";
  request.body = std::string(9'000'000, 'x');
  const auto answer = answer_to(stage, request);
  REQUIRE(answer);
  CHECK(answer->status == 413);
}

}  // namespace
}  // namespace sluice::net
