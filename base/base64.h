#pragma once

// Base64 (RFC 4648): with padding, as Kubernetes writes bytes in JSON, and in the URL alphabet
// without, as it writes tokens.

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Nothing where the text is no base64. Line breaks are passed over.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

std::optional<std::string> decode_base64_url(std::string_view text);
std::string encode_base64_url(std::string_view bytes);

}  // namespace sluice
