#include "net/connection.h"

#include "net/real_clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <fmt/core.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace sluice::net {
namespace {

namespace beast = boost::beast;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);

constexpr size_t kSwallowedAtOnce = size_t{16} * 1024;

using TlsStream = ssl::stream<beast::tcp_stream>;

Error to_error(const error_code& code, std::string_view doing) {
  if (code == beast::error::timeout) return timeout(fmt::format("{}: the deadline passed", doing));
  if (code == asio::error::operation_aborted) return cancelled(fmt::format("{}: cancelled", doing));
  return unavailable(fmt::format("{}: {}", doing, code.message()));
}

/// Must be called right before each operation: Beast applies the deadline to those that begin
/// later, and skips the direction in which one is under way.
void set_deadline(beast::tcp_stream& stream, SteadyTime deadline) {
  if (deadline == kNoDeadline) {
    stream.expires_never();
  } else {
    stream.expires_at(deadline);
  }
}

template <typename Stream>
class StreamConnection : public Connection {
 public:
  StreamConnection(Stream stream, TlsContext tls)
      : tls_(std::move(tls)), stream_(std::move(stream)) {}

  Awaitable<Result<size_t>> read_some(char* into, size_t size, SteadyTime deadline) override {
    set_deadline(tcp_layer(), deadline);
    const auto [error, count] =
        co_await stream_.async_read_some(asio::buffer(into, size), kAwaitTuple);
    if (error == asio::error::eof) co_return size_t{0};
    if (error) co_return fail(to_error(error, "read"));
    co_return count;
  }

  Awaitable<Result<void>> write(std::string_view first, std::string_view second,
                                SteadyTime deadline) override {
    set_deadline(tcp_layer(), deadline);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                    asio::buffer(second.data(), second.size())};
    const auto [error, count] = co_await asio::async_write(stream_, buffers, kAwaitTuple);
    if (error) co_return fail(to_error(error, "write"));
    co_return Result<void>{};
  }

  Awaitable<void> finish(size_t swallowed_max, SteadyTime deadline) override {
    set_deadline(tcp_layer(), deadline);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      // Fails where the peer is still sending; our end was told by then.
      co_await stream_.async_shutdown(kAwaitTuple);
    }
    error_code ignored;
    tcp_layer().socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, kSwallowedAtOnce> swallowed;
    for (size_t total = 0; total < swallowed_max;) {
      set_deadline(tcp_layer(), deadline);
      const auto [error, count] =
          co_await tcp_layer().async_read_some(asio::buffer(swallowed), kAwaitTuple);
      if (error) co_return;
      total += count;
    }
  }

  bool is_quiet() override {
    char byte = 0;
    const int socket = tcp_layer().socket().native_handle();
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

  std::string peer_address() const override {
    error_code error;
    const auto endpoint = beast::get_lowest_layer(stream_).socket().remote_endpoint(error);
    return error ? std::string{} : endpoint.address().to_string();
  }

  TlsIdentity identity() override {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return peer_identity(stream_.native_handle());
    } else {
      return {};
    }
  }

  Stream& stream() { return stream_; }

 private:
  beast::tcp_stream& tcp_layer() { return beast::get_lowest_layer(stream_); }

  TlsContext tls_;
  Stream stream_;
};

using PlainConnection = StreamConnection<beast::tcp_stream>;
using TlsConnection = StreamConnection<TlsStream>;

/// When the kernel asks a silent peer for a sign of life: a watch whose peer has vanished would
/// else be waited for until its own deadline, minutes later.
constexpr int kKeepAliveIdle = 20;      // seconds of silence
constexpr int kKeepAliveInterval = 10;  // seconds between questions
constexpr int kKeepAliveCount = 3;      // unanswered questions

/// Small writes go out at once; a peer that vanished is found within a minute.
void set_socket_options(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int handle = socket.native_handle();
  const auto set = [handle](int option, int value) {
    setsockopt(handle, IPPROTO_TCP, option, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, kKeepAliveIdle);
  set(TCP_KEEPINTVL, kKeepAliveInterval);
  set(TCP_KEEPCNT, kKeepAliveCount);
}

/// OpenSSL's own words say why a certificate was refused; Asio's only that it was.
Error handshake_error(TlsStream& stream, const error_code& code) {
  Error error = to_error(code, "TLS handshake");
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (error.code == ErrorCode::Unavailable && verified != X509_V_OK) {
    error.message += fmt::format(" ({})", X509_verify_cert_error_string(verified));
  }
  return error;
}

Awaitable<Result<std::unique_ptr<Connection>>> secure(beast::tcp_stream tcp, TlsContext tls,
                                                      ssl::stream_base::handshake_type role,
                                                      std::string server_name, bool verify,
                                                      SteadyTime deadline) {
  TlsStream stream(std::move(tcp), *tls);
  auto connection = std::make_unique<TlsConnection>(std::move(stream), tls);
  TlsStream& secured = connection->stream();
  if (role == ssl::stream_base::client) {
    error_code not_numeric;
    asio::ip::make_address(server_name, not_numeric);
    // RFC 6066, 3: server names that are sent are never addresses.
    if (not_numeric) SSL_set_tlsext_host_name(secured.native_handle(), server_name.c_str());
    if (verify) secured.set_verify_callback(ssl::host_name_verification(server_name));
  }
  set_deadline(beast::get_lowest_layer(secured), deadline);
  const auto [error] = co_await secured.async_handshake(role, kAwaitTuple);
  if (error) co_return fail(handshake_error(secured, error));
  co_return connection;
}

}  // namespace

Awaitable<Result<std::unique_ptr<Connection>>> connect(ConnectTarget target, SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Error last = unavailable("connect: no address");
  for (size_t i = 0; i < target.endpoints.size(); ++i) {
    const tcp::endpoint endpoint = target.endpoints[i];
    const SteadyTime now = real_steady_now();
    const auto left = static_cast<int64_t>(target.endpoints.size() - i);
    beast::tcp_stream stream(executor);
    set_deadline(stream, now + (deadline - now) / left);
    const auto [error] = co_await stream.async_connect(endpoint, kAwaitTuple);
    if (error) {
      last = to_error(
          error, fmt::format("connect to {}:{}", endpoint.address().to_string(), endpoint.port()));
      if (last.code == ErrorCode::Cancelled) break;
      continue;
    }
    set_socket_options(stream.socket());
    if (target.tls) {
      co_return co_await secure(std::move(stream), target.tls, ssl::stream_base::client,
                                target.server_name, target.verify, deadline);
    }
    co_return std::make_unique<PlainConnection>(std::move(stream), nullptr);
  }
  co_return fail(std::move(last));
}

Awaitable<Result<std::unique_ptr<Connection>>> accept(tcp::socket socket, TlsContext tls,
                                                      SteadyTime deadline) {
  set_socket_options(socket);
  beast::tcp_stream stream(std::move(socket));
  if (tls) {
    co_return co_await secure(std::move(stream), std::move(tls), ssl::stream_base::server, "",
                              false, deadline);
  }
  co_return std::make_unique<PlainConnection>(std::move(stream), nullptr);
}

}  // namespace sluice::net
