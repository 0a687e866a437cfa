#pragma once

// The network's HttpClient: HTTP/1.1 over TCP or TLS with kept connections.

#include "net/address_rule.h"
#include "net/http.h"

#include <memory>

namespace sluice::net {

/// A client whose https connections use `tls`, and that connects to what `reach` allows: a request
/// to elsewhere is Forbidden. Invalid where a PEM text is unusable. One client is one trust and one
/// set of name look-up threads: the API server gets one of its own. Requests and streams must have
/// ended before it is destroyed.
Result<std::unique_ptr<HttpClient>> make_http_client(asio::any_io_executor executor, TlsOptions tls,
                                                     AddressRule reach = {});

}  // namespace sluice::net
