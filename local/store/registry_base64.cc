#include "local/store/registry_base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace sluice::local {
namespace {

constexpr size_t kGroupBytes = 3;
constexpr size_t kGroupChars = 4;

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out((bytes.size() + kGroupBytes - 1) / kGroupBytes * kGroupChars + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
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
