#pragma once

// A server whose handler answers by path, and a client that reads its streamed answer.

#include "net/http_server.h"
#include "net/sleep.h"
#include "tests/net/loop_fixture.h"

#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace sluice::net {

/// Counts handlers that were cancelled; lives in the frame of each.
struct UnwindNote {
  int& unwound;

  ~UnwindNote() { ++unwound; }
};

inline HttpResponse echo(const ServerRequest& request) {
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
    co_await sleep_for(clock_, std::chrono::hours(1));
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

inline asio::awaitable<void> read_first_chunk(asio::ip::tcp::socket& socket, uint16_t port) {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  const std::string request = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::string text;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "first\n",
                                  asio::use_awaitable);
}

}  // namespace sluice::net
