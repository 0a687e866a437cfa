#pragma once

// HttpSession: one connection of the server, from its first request to its close.

#include "net/http_server.h"
#include "net/http_wire.h"

#include <memory>
#include <optional>

namespace sluice::net {

class HttpSession {
 public:
  /// Options and handler outlive the session.
  HttpSession(std::unique_ptr<Connection> connection, const ServerOptions& options,
              HttpHandler& handler);

  /// Serves requests until the peer leaves, an error ends the connection, or it is cancelled.
  Awaitable<void> run();

  /// Since when the peer is waited for: to begin a request, or to send all of it. Nothing while a
  /// request is being answered.
  std::optional<SteadyTime> waiting_since() const { return waiting_since_; }

  /// Ends the session, for somebody who needs its place.
  void close();

 private:
  enum class Next { Request, Close };

  /// Reads one request and answers it.
  Awaitable<Next> serve_one();
  Awaitable<Next> answer(WireRequest request);
  /// Answers what could not be read, so that the peer learns why before the close.
  Awaitable<void> refuse(ReadFailure failure);

  const ServerOptions& options_;
  HttpHandler& handler_;
  Wire wire_;
  std::string peer_address_;
  TlsIdentity identity_;
  std::optional<SteadyTime> waiting_since_;
};

}  // namespace sluice::net
