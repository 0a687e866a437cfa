#include "tests/net/http_stage.h"

#include "net/sleep.h"
#include "tests/net/loop_fixture.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <utility>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

HttpResponse text_response(std::string text) {
  return {.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
}

asio::awaitable<void> send_and_stop(HttpStage& stage, HttpRequest request,
                                    Result<HttpResponse>& answer) {
  answer = co_await stage.client->send(std::move(request));
  co_await stage.server->stop();
}

}  // namespace

Awaitable<void> EchoHandler::handle(ServerRequest request, Responder& responder) {
  ++requests;
  last = request;
  if (request.path == "/hang") co_await sleep_for(clock_, 1h);
  if (request.path == "/lines") {
    HttpResponse head = text_response("");
    co_await responder.start(std::move(head));
    for (const char* line : {"one\n", "two\n", "three\n"}) co_await responder.write(line);
    co_return;
  }
  HttpResponse response = text_response(request.path == "/big" ? std::string(3'000'000, 'x')
                                                               : request.method + request.body);
  co_await responder.send(std::move(response));
}

HttpStage::HttpStage(ServerOptions server_options, TlsOptions tls, AddressRule reach) {
  server = make_http_server(loop.executor(), std::move(server_options), handler);
  REQUIRE(server->start());
  auto made = make_http_client(loop.executor(), std::move(tls), std::move(reach));
  REQUIRE(made);
  client = std::move(*made);
}

HttpRequest HttpStage::request(const std::string& path, const std::string& scheme) const {
  HttpRequest made;
  made.url = fmt::format("{}://127.0.0.1:{}{}", scheme, server->port(), path);
  made.deadline = 10s;
  return made;
}

Result<HttpResponse> answer_to(HttpStage& stage, HttpRequest request) {
  Result<HttpResponse> answer = fail(internal("not asked"));
  run_test(stage.loop, send_and_stop(stage, std::move(request), answer));
  return answer;
}

}  // namespace sluice::net
