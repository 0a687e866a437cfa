#include "net/connection.h"

#include "net/host_port.h"
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

#include <algorithm>
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
  if (deadline == kNoDeadline)
    stream.expires_never();
  else
    stream.expires_at(deadline);
}

template <typename Stream>
class StreamConnection : public Connection {
 public:
  StreamConnection(Stream stream, TlsContext tls)
      : tls_(std::move(tls)), stream_(std::move(stream)) {}

  Awaitable<Result<void>> welcome(SteadyTime deadline) override {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      set_deadline(tcp_layer(), deadline);
      const auto [error] = co_await stream_.async_handshake(ssl::stream_base::server, kAwaitTuple);
      if (error) co_return fail(to_error(error, "TLS handshake"));
    }
    co_return Result<void>{};
  }

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

  void close() override { tcp_layer().close(); }

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
    if constexpr (std::is_same_v<Stream, TlsStream>)
      return peer_identity(stream_.native_handle());
    else
      return {};
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

/// How long what a client sent may stay unacknowledged, in milliseconds. Nobody is asked for a sign
/// of life meanwhile, and the kernel would send again for minutes: a request on a kept connection
/// whose peer vanished would only end by its own deadline. Long enough for four or five sendings,
/// 0.2, 0.6, 1.4 and 3 s after the first, so that lost packets alone hardly end a connection. It
/// also decides (man 7 tcp) that one question above without an answer is enough, which costs a
/// client no more than to connect again. Servers go without: a full window counts as well, and a
/// peer that pauses has their write deadline.
constexpr unsigned kClientUserTimeout = 5'000;

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

void set_client_options(tcp::socket& socket) {
  set_socket_options(socket);
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kClientUserTimeout,
             sizeof kClientUserTimeout);
}

/// Asio's check of the name, after which OpenSSL knows what was wrong.
struct NameCheck {
  ssl::host_name_verification is_named;

  bool operator()(bool trusted, ssl::verify_context& context) const {
    const bool passed = is_named(trusted, context);
    if (trusted && !passed)
      X509_STORE_CTX_set_error(context.native_handle(), X509_V_ERR_HOSTNAME_MISMATCH);
    return passed;
  }
};

/// OpenSSL's own words say why a certificate was refused; Asio's only that it was.
Error handshake_error(TlsStream& stream, const error_code& code, const std::string& server_name) {
  Error error = to_error(code, "TLS handshake");
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (error.code != ErrorCode::Unavailable || verified == X509_V_OK) return error;
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH)
    error.message = fmt::format("TLS handshake: the certificate is not for {}", server_name);
  else
    error.message += fmt::format(" ({})", X509_verify_cert_error_string(verified));
  return error;
}

Awaitable<Result<std::unique_ptr<Connection>>> secure(beast::tcp_stream tcp, ConnectTarget target,
                                                      SteadyTime deadline) {
  TlsStream stream(std::move(tcp), *target.tls);
  auto connection = std::make_unique<TlsConnection>(std::move(stream), target.tls);
  TlsStream& secured = connection->stream();
  const std::string& name = target.server_name;
  error_code not_numeric;
  asio::ip::make_address(name, not_numeric);
  // RFC 6066, 3: server names that are sent are never addresses.
  if (not_numeric) SSL_set_tlsext_host_name(secured.native_handle(), name.c_str());
  if (target.verify) secured.set_verify_callback(NameCheck{ssl::host_name_verification(name)});
  set_deadline(beast::get_lowest_layer(secured), deadline);
  const auto [error] = co_await secured.async_handshake(ssl::stream_base::client, kAwaitTuple);
  if (error) co_return fail(handshake_error(secured, error, name));
  co_return connection;
}

/// How long one address is tried while there are others.
constexpr Duration kTryMax = std::chrono::seconds(3);

/// A fair share of the time that is left for `addresses`.
SteadyTime try_deadline(size_t addresses, SteadyTime deadline) {
  if (addresses == 1) return deadline;
  const SteadyTime now = real_steady_now();
  return now + std::min<Duration>((deadline - now) / static_cast<int64_t>(addresses), kTryMax);
}

Awaitable<Result<std::unique_ptr<Connection>>> connect_to(tcp::endpoint endpoint,
                                                          ConnectTarget target,
                                                          SteadyTime deadline) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  set_deadline(stream, deadline);
  const auto [error] = co_await stream.async_connect(endpoint, kAwaitTuple);
  if (error) {
    const HostPort peer{endpoint.address().to_string(), endpoint.port()};
    co_return fail(to_error(error, "connect to " + to_string(peer)));
  }
  set_client_options(stream.socket());
  if (target.tls) co_return co_await secure(std::move(stream), std::move(target), deadline);
  co_return std::make_unique<PlainConnection>(std::move(stream), nullptr);
}

}  // namespace

Awaitable<Result<std::unique_ptr<Connection>>> connect(ConnectTarget target, SteadyTime deadline) {
  Error failed = unavailable("connect: no address");
  for (size_t i = 0; i < target.endpoints.size(); ++i) {
    const SteadyTime end = try_deadline(target.endpoints.size() - i, deadline);
    auto connected = co_await connect_to(target.endpoints[i], target, end);
    if (connected) co_return connected;
    // What one address says may be what matters: a certificate, where the others are closed.
    Error& error = connected.error();
    failed = i == 0 ? std::move(error) : Error{error.code, failed.message + "; " + error.message};
    if (failed.code == ErrorCode::Cancelled) break;
  }
  co_return fail(std::move(failed));
}

std::unique_ptr<Connection> take_over(tcp::socket socket, TlsContext tls) {
  set_socket_options(socket);
  beast::tcp_stream stream(std::move(socket));
  if (!tls) return std::make_unique<PlainConnection>(std::move(stream), nullptr);
  return std::make_unique<TlsConnection>(TlsStream(std::move(stream), *tls), tls);
}

}  // namespace sluice::net
