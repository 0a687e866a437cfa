#include "core/quantity.h"

#include "base/whole_number.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace sluice::core {
namespace {

constexpr size_t kDigitsMax = 17;  // Products with 1024 and 10 stay within 128 bits, and more.
constexpr int kExponentMin = -9;
constexpr int kExponentMax = 18;
constexpr std::array<std::string_view, 10> kDecimalSuffixes = {"n", "u", "m", "",  "k",
                                                               "M", "G", "T", "P", "E"};
constexpr const char* kWrongFormat =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr const char* kWrongSuffix = "unable to parse quantity's suffix";
constexpr std::array<std::string_view, 7> kBinarySuffixes = {"",   "Ki", "Mi", "Gi",
                                                             "Ti", "Pi", "Ei"};

using Wide = __int128;

enum class Format { Decimal, Binary, Exponent };

/// digits * 10^exponent * 1024^power
struct Parsed {
  bool negative = false;
  Wide digits = 0;
  int exponent = 0;
  int power = 0;
  Format format = Format::Decimal;
};

bool read_suffix(std::string_view suffix, Parsed& parsed) {
  for (size_t i = 0; i < kDecimalSuffixes.size(); ++i) {
    if (suffix != kDecimalSuffixes[i]) continue;
    parsed.exponent += static_cast<int>(i) * 3 + kExponentMin;
    return true;
  }
  for (size_t i = 1; i < kBinarySuffixes.size(); ++i) {
    if (suffix != kBinarySuffixes[i]) continue;
    parsed.power = static_cast<int>(i);
    parsed.format = Format::Binary;
    return true;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return false;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  const auto exponent = whole_number<int>(suffix);
  if (!exponent) return false;
  parsed.exponent += *exponent;
  parsed.format = Format::Exponent;
  return true;
}

std::optional<Parsed> parse(std::string_view text) {
  Parsed parsed;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    parsed.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t digits = 0;
  bool fraction = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') break;
    parsed.digits = parsed.digits * 10 + (text[i] - '0');
    if (fraction) --parsed.exponent;
    if (++digits > kDigitsMax) return std::nullopt;
  }
  if (digits == 0 || !read_suffix(text.substr(i), parsed)) return std::nullopt;
  return parsed;
}

std::string to_text(Wide number) {
  std::string text;
  for (; number > 0; number /= 10)
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
  return text.empty() ? "0" : text;
}

std::string decimal_text(const Parsed& parsed) {
  Wide digits = parsed.digits;
  int exponent = parsed.exponent;
  while (exponent < kExponentMin) {
    digits = (digits + 9) / 10;
    ++exponent;
  }
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  while (exponent % 3 != 0 || exponent > kExponentMax) {
    digits *= 10;
    --exponent;
  }
  if (parsed.format == Format::Exponent)
    return to_text(digits) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  const auto suffix = static_cast<size_t>((exponent - kExponentMin) / 3);
  return to_text(digits) + std::string(kDecimalSuffixes[suffix]);
}

/// A binary quantity is whole bytes, rounded up; below 1024 it is written as a decimal one.
std::string binary_text(Parsed parsed) {
  Wide bytes = parsed.digits;
  int power = parsed.power;
  for (; power > 0; --power) {
    bytes *= 1024;
    while (parsed.exponent < 0 && bytes % 10 == 0) {
      bytes /= 10;
      ++parsed.exponent;
    }
  }
  for (; parsed.exponent < 0; ++parsed.exponent) bytes = (bytes + 9) / 10;
  if (bytes < 1024) return decimal_text({.digits = bytes});
  while (bytes % 1024 == 0 && power + 1 < static_cast<int>(kBinarySuffixes.size())) {
    bytes /= 1024;
    ++power;
  }
  return to_text(bytes) + std::string(kBinarySuffixes[static_cast<size_t>(power)]);
}

/// Takes the characters of `set` off the front.
std::string_view take(std::string_view& text, std::string_view set) {
  const std::string_view taken = text.substr(0, text.find_first_not_of(set));
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view take_sign(std::string_view& text) {
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const std::string_view sign = text.substr(0, has_sign ? 1 : 0);
  text.remove_prefix(sign.size());
  return sign;
}

/// In billionths, rounded up; nothing beyond what 128 bits hold.
std::optional<Wide> billionths(std::string_view text) {
  constexpr Wide kMax = static_cast<Wide>((~static_cast<unsigned __int128>(0)) >> 1);
  const std::optional<Parsed> parsed = parse(text);
  if (!parsed) return std::nullopt;
  Wide value = parsed->digits;
  for (int power = 0; power < parsed->power; ++power) {
    if (value > kMax / 1024) return std::nullopt;
    value *= 1024;
  }
  int exponent = parsed->exponent - kExponentMin;
  for (; exponent > 0 && value != 0; --exponent) {
    if (value > kMax / 10) return std::nullopt;
    value *= 10;
  }
  for (; exponent < 0 && value > 1; ++exponent) value = (value + 9) / 10;
  return parsed->negative ? -value : value;
}

}  // namespace

std::optional<std::string> quantity_error(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  take_sign(text);
  const std::string_view whole = take(text, kDigits);
  if (text.starts_with('.')) text.remove_prefix(1);
  const std::string_view fraction = take(text, kDigits);
  const std::string_view letters = take(text, "eEinumkKMGTP");
  const std::string_view sign = take_sign(text);
  const std::string_view exponent = take(text, kDigits);
  if (!text.empty() || (whole.empty() && fraction.empty())) return kWrongFormat;
  Parsed ignored;
  const bool plain = sign.empty() && exponent.empty();
  const bool known = plain ? read_suffix(letters, ignored)
                           : (letters == "e" || letters == "E") && !exponent.empty();
  return known ? std::nullopt : std::optional<std::string>(kWrongSuffix);
}

std::optional<std::strong_ordering> compare_quantities(std::string_view left,
                                                       std::string_view right) {
  const std::optional<Wide> one = billionths(left);
  const std::optional<Wide> other = billionths(right);
  if (!one || !other) return std::nullopt;
  return *one < *other   ? std::strong_ordering::less
         : *one > *other ? std::strong_ordering::greater
                         : std::strong_ordering::equal;
}

std::string canonical_quantity(std::string_view text) {
  const std::optional<Parsed> parsed = parse(text);
  if (!parsed || std::abs(parsed->exponent) > kExponentMax + 3) return std::string(text);
  if (parsed->digits == 0) return "0";
  const std::string sign = parsed->negative ? "-" : "";
  return sign + (parsed->format == Format::Binary ? binary_text(*parsed) : decimal_text(*parsed));
}

}  // namespace sluice::core
