#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

/// RFC 4648 with padding: what Secrets hold.
std::string encode_base64(std::string_view bytes);
/// How many bytes such a text stands for, or where it is wrong. Line breaks are skipped, as by Go.
std::expected<size_t, size_t> measure_base64(std::string_view text);
/// The URL alphabet without padding, as in continue tokens.
std::string encode_base64_url(std::string_view bytes);
/// Reads the URL alphabet without padding; nothing where the text is none.
std::optional<std::string> decode_base64_url(std::string_view text);

}  // namespace sluice::local
