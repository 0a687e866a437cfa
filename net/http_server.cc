#include "net/http_server.h"

#include "base/log.h"
#include "net/host_port.h"
#include "net/http_session.h"
#include "net/real_clock.h"
#include "net/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include <chrono>
#include <set>
#include <utility>

namespace sluice::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr Duration kHandshakeDeadline = std::chrono::seconds(10);
/// Wait after a failed accept, for which the usual reason is a lack of file descriptors.
constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);

/// A session's entry in the list of those that are open, for as long as it is.
class Listed {
 public:
  Listed(std::set<HttpSession*>& list, HttpSession& session) : list_(list), session_(session) {
    list_.insert(&session_);
  }

  ~Listed() { list_.erase(&session_); }

  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

 private:
  std::set<HttpSession*>& list_;
  HttpSession& session_;
};

class Server : public HttpServer {
 public:
  Server(asio::any_io_executor executor, ServerOptions options, HttpHandler& handler)
      : options_(std::move(options)),
        handler_(handler),
        acceptor_(executor),
        accepting_(executor),
        sessions_(std::move(executor)) {}

  Result<void> start() override;

  uint16_t port() const override { return port_; }

  Awaitable<void> stop() override;

 private:
  Result<void> listen();
  Awaitable<void> accept_loop();
  Awaitable<void> serve(tcp::socket socket);
  /// True where one more connection has a place; may close another for it.
  bool make_room();

  ServerOptions options_;
  HttpHandler& handler_;
  TlsContext tls_;
  tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  std::set<HttpSession*> open_;  ///< Each belongs to its task.
  TaskGroup accepting_;
  TaskGroup sessions_;
};

Result<void> Server::start() {
  if (options_.certificate.empty() != options_.key.empty())
    return fail(invalid("TLS: a server certificate and its key must be given together"));
  if (!options_.certificate.empty()) {
    auto tls = make_server_tls(options_.certificate, options_.key, options_.client_ca);
    if (!tls) return fail(tls.error());
    tls_ = std::move(*tls);
  }
  if (auto listening = listen(); !listening) return listening;
  accepting_.spawn("accept", accept_loop());
  return {};
}

Result<void> Server::listen() {
  error_code error;
  const auto refuse = [this, &error](std::string_view doing) {
    const std::string where = to_string(HostPort{options_.host, options_.port});
    return fail(unavailable(fmt::format("{} {}: {}", doing, where, error.message())));
  };
  const auto address = asio::ip::make_address(options_.host, error);
  if (error)
    return fail(invalid(fmt::format("listen on '{}': must be an IP address", options_.host)));
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (error) return refuse("bind");
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return refuse("listen on");
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

Awaitable<void> Server::accept_loop() {
  asio::steady_timer retry(acceptor_.get_executor());
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      log_warn("accept failed", {{"error", error.message()}});
      retry.expires_after(kAcceptRetry);
      co_await retry.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    // Without room the socket closes here, which is all the answer that costs nothing.
    if (make_room()) sessions_.spawn("HTTP session", serve(std::move(socket)));
  }
}

bool Server::make_room() {
  if (sessions_.size() < options_.connections_max) return true;
  HttpSession* oldest = nullptr;
  for (HttpSession* session : open_) {
    const auto since = session->waiting_since();
    if (since && (oldest == nullptr || since < oldest->waiting_since())) oldest = session;
  }
  if (oldest == nullptr) return false;
  oldest->close();
  return true;
}

Awaitable<void> Server::serve(tcp::socket socket) {
  const SteadyTime deadline = real_steady_now() + kHandshakeDeadline;
  auto connection = co_await accept(std::move(socket), tls_, deadline);
  if (!connection) {
    log_debug("connection refused", {{"error", connection.error().message}});
    co_return;
  }
  HttpSession session(std::move(*connection), options_, handler_);
  const Listed listed(open_, session);
  co_await session.run();
}

Awaitable<void> Server::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  co_await accepting_.stop();
  co_await sessions_.stop();
}

}  // namespace

std::unique_ptr<HttpServer> make_http_server(asio::any_io_executor executor, ServerOptions options,
                                             HttpHandler& handler) {
  return std::make_unique<Server>(std::move(executor), std::move(options), handler);
}

}  // namespace sluice::net
