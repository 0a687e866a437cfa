#include "base/yaml_scalar.h"

#include "base/base64.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace sluice {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";
/// Below this magnitude every whole number fits int64: 2^63.
constexpr double kInt64Bound = 9223372036854775808.0;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<Json> resolve_word(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
  static constexpr std::array<std::string_view, 11> kTrue = {
      "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
  static constexpr std::array<std::string_view, 11> kFalse = {
      "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
  static constexpr std::array<std::string_view, 3> kNan = {".nan", ".NaN", ".NAN"};
  static constexpr std::array<std::string_view, 6> kInfinity = {".inf",  ".Inf",  ".INF",
                                                                "+.inf", "+.Inf", "+.INF"};
  static constexpr std::array<std::string_view, 3> kMinusInfinity = {"-.inf", "-.Inf", "-.INF"};
  if (is_one_of(text, kNull)) return Json(nullptr);
  if (is_one_of(text, kTrue)) return Json(true);
  if (is_one_of(text, kFalse)) return Json(false);
  if (is_one_of(text, kNan)) return Json(std::numeric_limits<double>::quiet_NaN());
  if (is_one_of(text, kInfinity)) return Json(std::numeric_limits<double>::infinity());
  if (is_one_of(text, kMinusInfinity)) return Json(-std::numeric_limits<double>::infinity());
  return std::nullopt;
}

/// The base that a Go literal names by its prefix, which is taken off: 0x, 0o, 0b, 0.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  if (base == 0) {
    digits.remove_prefix(1);
    return 8;
  }
  digits.remove_prefix(2);
  return base;
}

/// A whole number with optional sign and base prefix; unsigned where only that fits.
std::optional<Json> resolve_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = negative || text.starts_with('+');
  std::string_view digits = text.substr(has_sign ? 1 : 0);
  const int base = take_base(digits);
  uint64_t magnitude = 0;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), magnitude, base);
  if (error != std::errc() || stop != digits.end() || digits.empty()) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (negative && magnitude <= kMax + 1) return Json(static_cast<int64_t>(0 - magnitude));
  if (magnitude <= kMax) return Json(static_cast<int64_t>(magnitude));
  if (has_sign) return std::nullopt;
  return Json(magnitude);
}

size_t skip_digits(std::string_view text, size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t whole_end = skip_digits(text, at);
  const bool has_whole = whole_end > at;
  at = whole_end;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction_end = skip_digits(text, at + 1);
    if (!has_whole && fraction_end == at + 1) return false;
    at = fraction_end;
  } else if (!has_whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t exponent_end = skip_digits(text, at);
    if (exponent_end == at) return false;
    at = exponent_end;
  }
  return at == text.size();
}

std::optional<Json> resolve_float(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || stop != text.end()) return std::nullopt;
  return Json(value);
}

Result<Json> require_type(bool matches, Json value, std::string_view type, std::string_view text) {
  if (!matches) return fail(invalid(fmt::format("cannot read \"{}\" as !!{}", text, type)));
  return value;
}

/// Go's shortest 'g' of a 32-bit float, which is how kubectl writes a float key.
std::string format_float_key(double value) {
  std::array<char, 64> buffer{};
  const auto number = static_cast<float>(value);
  if (std::isnan(number)) return ".nan";
  if (std::isinf(number)) return number > 0 ? ".inf" : "-.inf";
  const auto plain = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format);
    return std::string(buffer.data(), end.ptr);
  };
  const std::string scientific = plain(std::chars_format::scientific);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  return exponent < -4 || exponent >= 6 ? scientific : plain(std::chars_format::fixed);
}

}  // namespace

Json resolve_plain_scalar(std::string_view text) {
  if (auto word = resolve_word(text)) return *word;
  const char first = text[0];
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return Json(text);
  if (first == '.') return resolve_float(text).value_or(Json(text));
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = resolve_integer(plain)) return *integer;
  return resolve_float(plain).value_or(Json(text));
}

Result<Json> resolve_tagged_scalar(std::string_view tag, std::string_view text) {
  if (!tag.starts_with(kCoreTag)) return Json(text);
  const std::string_view type = tag.substr(kCoreTag.size());
  if (type == "binary") {
    auto bytes = decode_base64(text);
    if (!bytes) return fail(invalid("!!binary value contains invalid base64 data"));
    return Json(std::move(*bytes));
  }
  if (type != "int" && type != "float" && type != "bool" && type != "null") return Json(text);
  Json value = resolve_plain_scalar(text);
  const bool integer = value.is_number_integer();
  if (type == "int") return require_type(integer, std::move(value), type, text);
  if (type == "bool") {
    const bool boolean = value.is_boolean();
    return require_type(boolean, std::move(value), type, text);
  }
  if (type == "null") {
    const bool null = value.is_null();
    return require_type(null, std::move(value), type, text);
  }
  const bool number = value.is_number();
  return require_type(number, std::move(value), type, text);
}

Json normalise_number(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return Json(static_cast<double>(number));
    return Json(static_cast<int64_t>(number));
  }
  if (!value.is_number_float()) return value;
  const double number = value.get<double>();
  const bool whole = std::nearbyint(number) == number;
  if (whole && number >= -kInt64Bound && number < kInt64Bound)
    return Json(static_cast<int64_t>(number));
  return value;
}

Result<std::string> scalar_to_key(const Json& value) {
  if (value.is_structured()) return fail(invalid("a key must be a scalar"));
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return fail(invalid("a number as large as this cannot be a key"));
  }
  if (value.is_number_integer()) return fmt::format("{}", value.get<int64_t>());
  if (value.is_number_float()) return format_float_key(value.get<double>());
  return fail(invalid("null cannot be a key"));
}

}  // namespace sluice
