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

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

namespace sluice::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

/// Wait after a failed accept, for which the usual reason is a lack of file descriptors.
constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);

/// The share of all connections that may shake hands at a time: strangers who begin and say nothing
/// then fight for the places of each other.
constexpr size_t kNewShare = 4;

/// A session that is listed for as long as it is open.
class OpenSession {
 public:
  OpenSession(std::set<OpenSession*>& list, std::unique_ptr<Connection> connection,
              const ServerOptions& options, HttpHandler& handler, HttpSession::BodyRoom room)
      : session(std::move(connection), options, handler, std::move(room)), list_(list) {
    list_.insert(this);
  }

  ~OpenSession() { list_.erase(this); }

  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;

  HttpSession session;

 private:
  std::set<OpenSession*>& list_;
};

Awaitable<void> serve(std::unique_ptr<OpenSession> open) {
  co_await open->session.run();
}

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
  /// Begins a session where it has a place; else the socket closes, which is all the answer that
  /// costs nothing.
  void admit(tcp::socket socket);
  /// True where one more connection has a place; may close another for it.
  bool make_room();
  /// Closes one that has yet to shake hands where they have used up their share.
  void limit_newcomers();
  /// True where a body has room; may close connections for it whose bodies do not come to an end.
  bool make_room_for_body(size_t bytes);
  using Among = bool (*)(const HttpSession& session);
  /// Of some of them the one that has waited longest for its peer; null where none waits.
  HttpSession* oldest(Among among) const;

  ServerOptions options_;
  HttpHandler& handler_;
  TlsContext tls_;
  tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  std::set<OpenSession*> open_;  ///< Each belongs to its task.
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
    admit(std::move(socket));
  }
}

void Server::admit(tcp::socket socket) {
  if (!make_room()) return;
  sessions_.spawn("HTTP session", serve(std::make_unique<OpenSession>(
                                      open_, take_over(std::move(socket), tls_), options_, handler_,
                                      [this](size_t bytes) { return make_room_for_body(bytes); })));
}

bool Server::make_room() {
  if (tls_) limit_newcomers();
  if (sessions_.size() < options_.connections_max) return true;
  HttpSession* waiting = oldest([](const HttpSession&) { return true; });
  if (waiting != nullptr) waiting->close();
  return waiting != nullptr;
}

void Server::limit_newcomers() {
  const auto is_new = [](const HttpSession& session) { return session.is_new(); };
  const auto newcomers = static_cast<size_t>(
      std::ranges::count_if(open_, [&](const auto* open) { return is_new(open->session); }));
  if (newcomers < std::max<size_t>(1, options_.connections_max / kNewShare)) return;
  if (HttpSession* waiting = oldest(is_new)) waiting->close();
}

bool Server::make_room_for_body(size_t bytes) {
  size_t taken = bytes;
  for (const OpenSession* open : open_) taken += open->session.body_bytes();
  while (taken > options_.bodies_max) {
    HttpSession* waiting =
        oldest([](const HttpSession& session) { return session.body_bytes() > 0; });
    if (waiting == nullptr) return false;
    taken -= waiting->body_bytes();
    waiting->close();
  }
  return true;
}

HttpSession* Server::oldest(Among among) const {
  HttpSession* found = nullptr;
  for (OpenSession* open : open_) {
    const auto since = open->session.waiting_since();
    if (!since || !among(open->session)) continue;
    if (found == nullptr || since < found->waiting_since()) found = &open->session;
  }
  return found;
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
