#pragma once

// TLS contexts made of PEM texts, TLS 1.2 and up. A bad PEM is an error that names which one.

#include "net/http.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio::ssl {
class context;  // NOLINT(readability-identifier-naming): Boost's word.
}  // namespace boost::asio::ssl

struct ssl_st;  // NOLINT(readability-identifier-naming): OpenSSL's word.

namespace sluice::net {

/// Shared by all connections of a client or a server, and kept alive by each of them.
using TlsContext = std::shared_ptr<asio::ssl::context>;

Result<TlsContext> make_client_tls(const TlsOptions& options);

/// Reads whom the system trusts: once a process, and for tens of milliseconds. Who has a loop to
/// run calls it before; else the first client does that asks for it.
void read_system_trust();

/// `client_ca` may be empty; otherwise clients are asked for a certificate, which is verified
/// against it where they give one.
Result<TlsContext> make_server_tls(std::string_view certificate, std::string_view key,
                                   std::string_view client_ca);

/// Who the peer's verified certificate says it is; empty without one.
struct TlsIdentity {
  std::string common_name;
  std::vector<std::string> organizations;
};

TlsIdentity peer_identity(ssl_st* ssl);

}  // namespace sluice::net
