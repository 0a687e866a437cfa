#pragma once

// OAuth2 client credentials (RFC 6749, 4.4): how a source that asks in its own name gets the token
// that it shows. Requests and answers are values; http_source sends them.

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::analysis {

/// authentication.oauth2 of a source.
struct OAuth2 {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> scopes;

  auto operator<=>(const OAuth2&) const = default;
};

/// Where a client's name and secret stand. Servers have to understand the former; those that do
/// not are asked again with the latter.
enum class ClientProof { Header, Form };

net::HttpRequest token_request(const OAuth2& settings, ClientProof proof);

struct AccessToken {
  std::string text;
  SteadyTime good_until = SteadyTime::max();
};

/// The token of an answer that came at `now`, good until shortly before it expires; for ever where
/// the server names no end. Errors say what the server said, which may repeat the secret.
Result<AccessToken> read_token(const net::HttpResponse& answer, SteadyTime now);

/// Tokens that are good still, by what they were asked with: metrics with the same settings share
/// one.
class TokenCache {
 public:
  static constexpr size_t kTokensMax = 256;

  std::optional<std::string> find(const OAuth2& settings, SteadyTime now) const;
  void keep(const OAuth2& settings, AccessToken token);
  /// Forgets a token that was refused, unless another one is kept by now.
  void forget(const OAuth2& settings, const std::string& refused);

 private:
  std::map<OAuth2, AccessToken> tokens_;
};

}  // namespace sluice::analysis
