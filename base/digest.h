#pragma once

// SHA-256 and HMAC-SHA256 by OpenSSL: the digests by which webhooks and requests are signed.

#include <string>
#include <string_view>

namespace sluice {

/// The 32 bytes of the digest (FIPS 180-4).
std::string sha256(std::string_view bytes);
/// The 32 bytes of the authentication code (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view message);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

}  // namespace sluice
