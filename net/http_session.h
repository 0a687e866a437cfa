#pragma once

// HttpSession: one connection of the server, from its first request to its close.

#include "net/http_server.h"
#include "net/http_wire.h"

#include <memory>

namespace sluice::net {

class HttpSession {
 public:
  /// Options and handler outlive the session.
  HttpSession(std::unique_ptr<Connection> connection, const ServerOptions& options,
              HttpHandler& handler);

  /// Serves requests until the peer leaves, an error ends the connection, or it is cancelled.
  Awaitable<void> run();

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
};

}  // namespace sluice::net
