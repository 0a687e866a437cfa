#include "server/signature.h"

#include "base/digest.h"
#include "base/letter_case.h"

#include <openssl/crypto.h>

namespace sluice::server {
namespace {

constexpr std::string_view kSignaturePrefix = "sha256=";
constexpr std::string_view kBearerPrefix = "Bearer ";

bool signed_by_one(const std::vector<std::string>& secrets, std::string_view signature,
                   std::string_view message) {
  bool found = false;
  for (const std::string& secret : secrets)
    found |= equal_in_constant_time(to_hex(hmac_sha256(secret, message)), signature);
  return found;
}

bool is_one_of(const std::vector<std::string>& tokens, std::string_view token) {
  bool found = false;
  for (const std::string& known : tokens) found |= equal_in_constant_time(known, token);
  return found;
}

/// The name of a scheme knows no case (RFC 9110, 11.1).
bool has_bearer_scheme(std::string_view authorization) {
  return authorization.size() >= kBearerPrefix.size() &&
         same_in_any_case(authorization.substr(0, kBearerPrefix.size()), kBearerPrefix);
}

}  // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool authenticated(const Credentials& credentials, const net::Headers& headers,
                   std::string_view message) {
  const std::string bearer = headers.get("Authorization");
  if (has_bearer_scheme(bearer)) {
    return is_one_of(credentials.bearer_tokens,
                     std::string_view(bearer).substr(kBearerPrefix.size()));
  }
  const std::string signature = headers.get("X-Hub-Signature-256");
  if (!signature.starts_with(kSignaturePrefix)) return false;
  return signed_by_one(credentials.hmac_secrets,
                       std::string_view(signature).substr(kSignaturePrefix.size()), message);
}

}  // namespace sluice::server
