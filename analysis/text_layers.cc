#include "analysis/text_layers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace sluice::analysis {
namespace {

/// One encoded character at the beginning of a text.
struct Encoded {
  size_t length = 0;  ///< As it is written.
  std::string means;
};

std::optional<unsigned> number(std::string_view digits, int base) {
  unsigned value = 0;
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value, base);
  if (digits.empty() || error != std::errc{} || end != last) return std::nullopt;
  return value;
}

std::string utf8(unsigned code) {
  const auto tail = [code](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0U | (code >> 6)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0U | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | ((code >> 18) & 0x7U)), tail(12), tail(6), tail(0)};
}

/// "%41", "\x41": one byte.
std::optional<Encoded> byte_at(std::string_view text, size_t digits_at) {
  if (text.size() < digits_at + 2) return std::nullopt;
  const auto code = number(text.substr(digits_at, 2), 16);
  if (!code) return std::nullopt;
  return Encoded{digits_at + 2, {static_cast<char>(*code)}};
}

std::optional<unsigned> utf16_unit(std::string_view text) {
  constexpr size_t kLength = 6;
  if (text.size() < kLength || !text.starts_with("\\u")) return std::nullopt;
  return number(text.substr(2, 4), 16);
}

/// "\u0040", and the two halves of what is beyond 16 bits.
std::optional<Encoded> utf16_at(std::string_view text) {
  constexpr size_t kLength = 6;
  const auto unit = utf16_unit(text);
  if (!unit) return std::nullopt;
  if (*unit < 0xD800 || *unit > 0xDBFF) return Encoded{kLength, utf8(*unit)};
  const auto low = utf16_unit(text.substr(kLength));
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
  return Encoded{2 * kLength, utf8(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00))};
}

std::optional<Encoded> escape_at(std::string_view text) {
  constexpr std::string_view kLetters = "bfnrt\"\\/'";
  constexpr std::string_view kMeanings = "\b\f\n\r\t\"\\/'";
  if (text.size() < 2) return std::nullopt;
  if (text[1] == 'u') return utf16_at(text);
  if (text[1] == 'x') return byte_at(text, 2);
  const size_t letter = kLetters.find(text[1]);
  if (letter == kLetters.npos) return std::nullopt;
  return Encoded{2, {kMeanings[letter]}};
}

std::optional<unsigned> reference(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  if (name.starts_with("#x") || name.starts_with("#X")) return number(name.substr(2), 16);
  if (name.starts_with('#')) return number(name.substr(1), 10);
  for (const auto& [one, means] : kNames)
    if (name == one) return static_cast<unsigned>(means);
  return std::nullopt;
}

/// "&amp;", "&#64;", "&#x40;".
std::optional<Encoded> reference_at(std::string_view text) {
  constexpr size_t kLongest = 10;  // "&#1114111;"
  const size_t end = text.substr(0, kLongest).find(';');
  if (end == text.npos) return std::nullopt;
  const auto code = reference(text.substr(1, end - 1));
  constexpr unsigned kLastCode = 0x10FFFF;
  if (!code || *code > kLastCode) return std::nullopt;
  return Encoded{end + 1, utf8(*code)};
}

std::optional<Encoded> encoded_at(std::string_view text) {
  switch (text.front()) {
    case '%':
      return byte_at(text, 1);
    case '\\':
      return escape_at(text);
    case '&':
      return reference_at(text);
    default:
      return std::nullopt;
  }
}

}  // namespace

TextLayer::TextLayer(std::string_view text) : text_(text), origins_(text.size() + 1) {
  std::iota(origins_.begin(), origins_.end(), size_t{0});
}

bool TextLayer::take_off() {
  if (taken_off_ == kLayersMax) return false;
  std::string text;
  std::vector<size_t> origins;
  for (size_t at = 0; at < text_.size();) {
    const auto encoded = encoded_at(std::string_view(text_).substr(at));
    if (encoded)
      text += encoded->means;
    else
      text += text_[at];
    origins.resize(text.size(), origins_[at]);
    at += encoded ? encoded->length : 1;
  }
  origins.push_back(origins_.back());
  if (text.size() == text_.size()) return false;
  ++taken_off_;
  text_ = std::move(text);
  origins_ = std::move(origins);
  return true;
}

}  // namespace sluice::analysis
