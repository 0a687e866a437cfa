#include "base/digest.h"

#include "base/ensure.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace sluice {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(const Digest& digest, unsigned int length) {
  return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Digest digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  SLUICE_ENSURE(done == 1, "OpenSSL has no SHA-256");
  return text_of(digest, length);
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  Digest digest{};
  unsigned int length = 0;
  const unsigned char* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                   bytes_of(message), message.size(), digest.data(), &length);
  SLUICE_ENSURE(done != nullptr, "OpenSSL has no HMAC-SHA256");
  return text_of(digest, length);
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xf];
  }
  return hex;
}

}  // namespace sluice
