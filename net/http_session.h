#pragma once

// HttpSession: one connection of the server, from its first request to its close.

#include "net/http_server.h"
#include "net/http_wire.h"

#include <functional>
#include <memory>
#include <optional>

namespace sluice::net {

class HttpSession {
 public:
  /// Whether there is room for a body of so many bytes, beside those of all other sessions.
  using BodyRoom = std::function<bool(size_t bytes)>;

  /// Options and handler outlive the session, which begins with the connection's welcome().
  HttpSession(std::unique_ptr<Connection> connection, const ServerOptions& options,
              HttpHandler& handler, BodyRoom room);

  /// Serves requests until the peer leaves, an error ends the connection, or it is cancelled.
  Awaitable<void> run();

  /// Since when the peer is waited for: to shake hands, to begin a request, to send all of it, or
  /// to take what is written to it. Nothing while its request is being answered, and once closed.
  std::optional<SteadyTime> waiting_since() const;

  /// What the body of its request may take: from before it is read until it has been answered.
  size_t body_bytes() const { return closed_ ? 0 : body_bytes_; }

  /// True until the peer has shaken hands, or the session was closed.
  bool is_new() const { return new_ && !closed_; }

  /// Ends the session, for somebody who needs its place.
  void close();

 private:
  enum class Next { Request, Close };

  /// Reads one request and answers it.
  Awaitable<Next> serve_one();
  Awaitable<std::expected<WireRequest, ReadFailure>> read_one();
  Awaitable<Next> answer(WireRequest request);
  /// Answers what could not be read, so that the peer learns why before the close.
  Awaitable<void> refuse(ReadFailure failure);
  /// After the last answer: the peer takes it, and ends too.
  Awaitable<void> part();

  const ServerOptions& options_;
  HttpHandler& handler_;
  BodyRoom room_;
  Wire wire_;
  std::string peer_address_;
  TlsIdentity identity_;
  bool new_ = true;
  bool closed_ = false;
  size_t body_bytes_ = 0;
  std::optional<SteadyTime> waiting_since_;
};

}  // namespace sluice::net
