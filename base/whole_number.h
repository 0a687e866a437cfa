#pragma once

// Whole numbers as text.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace sluice {

/// The number that all of the text is, where it fits a T: digits, behind a minus for signed types.
/// Nothing for anything else: "", "+1", " 1", "1.0", "12 apples".
template <std::integral T = int64_t>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace sluice
