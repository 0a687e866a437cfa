#pragma once

// HttpServer: a listener with HTTP/1.1, optional TLS, keep-alive and streamed answers. The rooms
// above implement HttpHandler and never see Beast.

#include "net/http.h"

#include <memory>
#include <optional>
#include <string>

namespace sluice::net {

/// One request as the handler sees it.
struct ServerRequest {
  std::string method;
  std::string path;   ///< Percent-decoded path, without the query.
  std::string query;  ///< As sent, without '?'.
  Headers headers;
  std::string body;
  std::string peer_address;
  /// The common name and organisations of the verified client certificate; empty without one.
  std::string client_common_name;
  std::vector<std::string> client_organizations;
};

/// The value of one query parameter, percent-decoded; nothing where it is absent.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

/// How a handler answers: either send() once, or start(), write() any number of times and return.
/// A handler that returns without answering sends 500. Lives as long as the handler's coroutine.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual Awaitable<Result<void>> send(HttpResponse response) = 0;
  /// Sends the head; the body follows in chunks and ends when the handler returns.
  virtual Awaitable<Result<void>> start(HttpResponse head) = 0;
  /// Fails once the peer is gone or does not read for the server's write deadline.
  virtual Awaitable<Result<void>> write(std::string chunk) = 0;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Runs on the loop thread, many at once; is cancelled when the peer disconnects during a
  /// streamed answer and when the server stops.
  virtual Awaitable<void> handle(ServerRequest request, Responder& responder) = 0;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  ///< 0: a free one.
  /// PEM texts; TLS is on when both are set.
  std::string certificate;
  std::string key;
  /// PEM; client certificates are asked for (not demanded) and verified against it.
  std::string client_ca;
  size_t body_max = size_t{8} * 1024 * 1024;
  /// Bytes of all bodies that are being read or answered, as they were announced; where the end of
  /// one is not, body_max.
  size_t bodies_max = size_t{64} * 1024 * 1024;
  size_t header_max = size_t{64} * 1024;
  size_t connections_max = 2000;
  Duration read_deadline = std::chrono::seconds(30);   ///< From a request's first byte to its last.
  Duration idle_deadline = std::chrono::minutes(5);    ///< Between requests of a connection.
  Duration write_deadline = std::chrono::seconds(30);  ///< For each write.
};

/// Owns its listener and connections. start() binds at once; stop() ends every connection and must
/// be awaited before destruction. A body over the bound is answered 413, bad HTTP 400, headers over
/// the bound 431. Where there are too many connections the one that has waited longest for its peer
/// (to shake hands, to ask, to read its answer) makes room; where all are being answered the new
/// one is closed. At most a quarter of the connections shake hands at a time. Bodies likewise:
/// beyond bodies_max those go whose peers have been waited for longest; without any it is 503.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  virtual Result<void> start() = 0;
  /// The bound port, after start().
  virtual uint16_t port() const = 0;
  virtual Awaitable<void> stop() = 0;
};

/// `handler` must outlive the server.
std::unique_ptr<HttpServer> make_http_server(asio::any_io_executor executor, ServerOptions options,
                                             HttpHandler& handler);

}  // namespace sluice::net
