#pragma once

// Connection: one TCP connection, plain or under TLS, with a deadline for each wait. Beast's and
// OpenSSL's streams stay behind it, so that HTTP is written (and compiled) once. Errors are
// Timeout, Cancelled and Unavailable; after any of them the connection is of no more use.

#include "net/tls.h"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

/// For waits that are ended by cancellation only.
inline constexpr SteadyTime kNoDeadline = SteadyTime::max();

class Connection {
 public:
  virtual ~Connection() = default;

  /// The accepting side's beginning: with TLS, shakes hands.
  virtual Awaitable<Result<void>> welcome(SteadyTime deadline) = 0;

  /// Reads at least one byte into memory that outlives the wait; 0 at the orderly end of the
  /// stream. One read and one write may be under way at once.
  virtual Awaitable<Result<size_t>> read_some(char* into, size_t size, SteadyTime deadline) = 0;
  /// Writes all of both texts, whose owner outlives the wait.
  virtual Awaitable<Result<void>> write(std::string_view first, std::string_view second,
                                        SteadyTime deadline) = 0;
  /// Tells the peer that nothing more will be sent, and swallows what it still sends, until it
  /// ends too or the bound or the deadline is met: closing on unread input would reset the
  /// connection, and the peer would lose what it has not read. The last thing that is done.
  virtual Awaitable<void> finish(size_t swallowed_max, SteadyTime deadline) = 0;

  /// Closes at once: what is under way or begins later fails.
  virtual void close() = 0;

  /// True while the peer has neither closed nor sent anything since the last read: a kept
  /// connection that can carry another request.
  virtual bool is_quiet() = 0;
  /// The peer's address without its port.
  virtual std::string peer_address() const = 0;
  virtual TlsIdentity identity() = 0;
};

struct ConnectTarget {
  std::vector<asio::ip::tcp::endpoint>
      endpoints;       ///< Tried in order, each with a fair share of time, TLS included.
  TlsContext tls;      ///< Null: plain.
  bool verify = true;  ///< The certificate must name `server_name`.
  std::string server_name;
};

/// Connects and, with TLS, shakes hands.
Awaitable<Result<std::unique_ptr<Connection>>> connect(ConnectTarget target, SteadyTime deadline);

/// Takes over an accepted socket; with TLS where `tls` is not null. welcome() comes next.
std::unique_ptr<Connection> take_over(asio::ip::tcp::socket socket, TlsContext tls);

}  // namespace sluice::net
