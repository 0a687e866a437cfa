#pragma once

// Who may ask: secrets read from files, compared in constant time. A file may hold several secrets,
// one a line, so that an old and a new one are valid together while they are rotated; it is read
// for every request, so that a change needs no restart.

#include "base/result.h"
#include "net/http.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

/// Lower-case hexadecimal HMAC-SHA256 (RFC 2104).
std::string hmac_sha256_hex(std::string_view secret, std::string_view message);

/// Equality whose time depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// The non-empty lines of a secret file. Unavailable where it cannot be read.
Result<std::vector<std::string>> read_secrets(const std::string& path);

struct Credentials {
  std::vector<std::string> hmac_secrets;
  std::vector<std::string> bearer_tokens;
};

/// True where the headers carry a bearer token that is known, or an X-Hub-Signature-256
/// ("sha256=HEX", as GitHub sends it) of `message` by a known secret.
bool authenticated(const Credentials& credentials, const net::Headers& headers,
                   std::string_view message);

}  // namespace sluice::server
