#pragma once

// Who may ask: secrets compared in constant time. There may be several, so that an old and a new
// one are valid together while they are rotated.

#include "net/http.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

/// Equality whose time depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

struct Credentials {
  std::vector<std::string> hmac_secrets;
  std::vector<std::string> bearer_tokens;
};

/// True where the headers carry a bearer token that is known, or an X-Hub-Signature-256
/// ("sha256=HEX", as GitHub sends it) of `message` by a known secret: its HMAC-SHA256.
bool authenticated(const Credentials& credentials, const net::Headers& headers,
                   std::string_view message);

}  // namespace sluice::server
