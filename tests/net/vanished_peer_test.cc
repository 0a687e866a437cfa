// A client whose kept connections lead to a peer that is gone without a word: a host that lost its
// power, a tunnel that was cut. A socket filter that drops all input plays it: nothing is
// acknowledged any more.

#include "net/http_client.h"
#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/net/loop_fixture.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <linux/filter.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers "ok" once `open` is set; vanish() cuts all connections that there are by then.
class VanishingServer {
 public:
  explicit VanishingServer(EventLoop& loop)
      : loop_(loop),
        acceptor_(loop.executor(), {asio::ip::address_v4::loopback(), 0}),
        tasks_(loop.executor()) {
    tasks_.spawn("accept", accept());
  }

  asio::awaitable<void> stop() {
    co_await tasks_.stop();
    sockets_.clear();
  }

  void vanish() {
    sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{.len = 1, .filter = &drop_all};
    for (const auto& socket : sockets_) {
      REQUIRE(setsockopt(socket->native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                         sizeof program) == 0);
    }
  }

  HttpRequest request(const char* method) const {
    HttpRequest made;
    made.method = method;
    made.url = fmt::format("http://127.0.0.1:{}/", acceptor_.local_endpoint().port());
    return made;
  }

  size_t connections() const { return sockets_.size(); }

  bool open = false;

 private:
  asio::awaitable<void> accept() {
    while (true) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      sockets_.push_back(std::make_unique<tcp::socket>(std::move(socket)));
      tasks_.spawn("answer", answer(sockets_.back().get()));
    }
  }

  asio::awaitable<void> answer(tcp::socket* socket) {
    while (true) {
      std::string request;
      const auto [error, size] = co_await asio::async_read_until(
          *socket, asio::dynamic_buffer(request), "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
      if (error) co_return;
      while (!open) co_await sleep_for(loop_.clock(), 1ms);
      co_await asio::async_write(*socket, asio::buffer(kOk, std::string_view(kOk).size()),
                                 asio::as_tuple(asio::use_awaitable));
    }
  }

  EventLoop& loop_;
  tcp::acceptor acceptor_;
  TaskGroup tasks_;
  std::vector<std::unique_ptr<tcp::socket>> sockets_;
};

struct LostPeers {
  EventLoop loop;
  VanishingServer server{loop};
  std::unique_ptr<HttpClient> client = std::move(*make_http_client(loop.executor(), {}));
  TaskGroup asking{loop.executor()};
  std::vector<Result<HttpResponse>> answers;

  asio::awaitable<void> ask(const char* method) {
    HttpRequest request = server.request(method);
    auto answer = co_await client->send(std::move(request));
    answers.push_back(std::move(answer));
  }

  /// Leaves so many kept connections, none of which leads anywhere any more.
  asio::awaitable<void> lose_connections(size_t count) {
    for (size_t i = 0; i < count; ++i) asking.spawn("ask", ask("GET"));
    while (server.connections() < count) co_await sleep_for(loop.clock(), 1ms);
    server.open = true;
    while (answers.size() < count) co_await sleep_for(loop.clock(), 1ms);
    answers.clear();
    server.vanish();
  }

  asio::awaitable<void> stop() {
    co_await asking.stop();
    co_await server.stop();
  }
};

asio::awaitable<void> get_from_vanished(LostPeers& stage) {
  co_await stage.lose_connections(1);
  co_await stage.ask("GET");
  co_await stage.stop();
}

TEST_CASE("a GET to a peer that vanished is sent anew long before its deadline", "[http_client]") {
  LostPeers stage;
  run_test(stage.loop, get_from_vanished(stage));  // 20 s; the request's own deadline is 30 s.
  REQUIRE(stage.answers.size() == 1);
  REQUIRE(stage.answers.front());
  CHECK(stage.answers.front()->body == "ok");
}

asio::awaitable<void> patch_vanished(LostPeers& stage) {
  co_await stage.lose_connections(3);
  co_await stage.ask("PATCH");
  co_await stage.ask("PATCH");
  co_await stage.stop();
}

TEST_CASE("a PATCH to a peer that vanished fails soon, and only the first", "[http_client]") {
  LostPeers stage;
  run_test(stage.loop, patch_vanished(stage));
  REQUIRE(stage.answers.size() == 2);
  REQUIRE_FALSE(stage.answers.front());
  CHECK(stage.answers.front().error().code == ErrorCode::Unavailable);
  CHECK(stage.answers.back());
}

}  // namespace
}  // namespace sluice::net
