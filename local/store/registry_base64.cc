#include "local/store/registry_base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace sluice::local {
namespace {

constexpr size_t kGroupBytes = 3;
constexpr size_t kGroupChars = 4;

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out((bytes.size() + kGroupBytes - 1) / kGroupBytes * kGroupChars + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::expected<size_t, size_t> measure_base64(std::string_view text) {
  size_t chars = 0;
  size_t padding = 0;
  size_t group_start = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' || text[at] == '\n') continue;
    // Two or three characters of the last group go before the padding, and nothing after it.
    const bool pads = text[at] == '=';
    const bool fits = pads ? chars % kGroupChars >= 2 : padding == 0 && is_base64(text[at]);
    if (!fits) return std::unexpected(at);
    if (chars % kGroupChars == 0) group_start = at;
    ++chars;
    padding += pads ? 1 : 0;
  }
  if (chars % kGroupChars != 0) return std::unexpected(group_start);
  return chars / kGroupChars * kGroupBytes - padding;
}

std::string encode_base64_url(std::string_view bytes) {
  std::string out = encode_base64(bytes);
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  out.erase(std::ranges::find(out, '='), out.end());
  return out;
}

std::optional<std::string> decode_base64_url(std::string_view text) {
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  const size_t padding = (kGroupChars - padded.size() % kGroupChars) % kGroupChars;
  padded.append(padding, '=');
  std::string out(padded.size() / kGroupChars * kGroupBytes, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(padded.data()),
                                     static_cast<int>(padded.size()));
  if (length < 0 || padding == kGroupBytes) return std::nullopt;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

}  // namespace sluice::local
