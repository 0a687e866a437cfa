#include "base/short_text.h"

#include <algorithm>

namespace sluice {

std::string_view whole_start(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

std::string shortened(std::string_view text, size_t bytes) {
  std::string start(whole_start(text, bytes));
  return text.size() <= bytes ? start : start + "…";
}

std::string plain(std::string text) {
  constexpr unsigned char kBlank = ' ';
  constexpr char kDelete = '\x7f';
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < kBlank || c == kDelete; }, ' ');
  return text;
}

}  // namespace sluice
