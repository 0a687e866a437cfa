#pragma once

// Base64 (RFC 4648, with padding), as Kubernetes writes bytes in JSON.

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Nothing where the text is no base64.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace sluice
