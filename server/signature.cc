#include "server/signature.h"

#include "base/letter_case.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace sluice::server {
namespace {

constexpr std::string_view kSignaturePrefix = "sha256=";
constexpr std::string_view kBearerPrefix = "Bearer ";

bool signed_by_one(const std::vector<std::string>& secrets, std::string_view signature,
                   std::string_view message) {
  bool found = false;
  for (const std::string& secret : secrets)
    found |= equal_in_constant_time(hmac_sha256_hex(secret, message), signature);
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

std::string hmac_sha256_hex(std::string_view secret, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

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
