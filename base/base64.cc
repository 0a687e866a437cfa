#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace sluice {
namespace {

constexpr size_t kGroupChars = 4;

/// OpenSSL passes over blanks, and takes padding within the text.
bool is_plain(std::string_view text) {
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return std::ranges::all_of(text.substr(0, text.size() - padding), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view given) {
  std::string text(given);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  if (text.size() % kGroupChars != 0 || !is_plain(text)) return std::nullopt;
  std::string bytes(text.size() / kGroupChars * 3, '\0');
  const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (written < 0) return std::nullopt;
  // EVP_DecodeBlock counts the padding as zero bytes.
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<size_t>(written) - padding);
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * kGroupChars + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(written));
  return text;
}

std::optional<std::string> decode_base64_url(std::string_view text) {
  if (text.contains('+') || text.contains('/') || text.contains('=')) return std::nullopt;
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((kGroupChars - padded.size() % kGroupChars) % kGroupChars, '=');
  return decode_base64(padded);
}

std::string encode_base64_url(std::string_view bytes) {
  std::string text = encode_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::ranges::find(text, '='), text.end());
  return text;
}

}  // namespace sluice
