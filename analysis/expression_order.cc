#include "analysis/expression_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string_view>

namespace sluice::analysis {
namespace {

/// Holds every int64_t and every double as it is.
long double number_key(const Value& value) {
  if (value.as_int() != nullptr) return static_cast<long double>(*value.as_int());
  if (value.as_double() != nullptr) return *value.as_double();
  if (value.as_duration() != nullptr) return static_cast<long double>(value.as_duration()->count());
  return static_cast<long double>(value.as_time()->time_since_epoch().count());
}

std::string_view text_key(const Value& value) {
  return *value.as_string();
}

template <typename Key>
std::vector<size_t> sorted_by(Key (*key_of)(const Value&), const List& values, bool descending) {
  std::vector<std::pair<Key, size_t>> keys;
  keys.reserve(values.size());
  for (const Value& value : values) keys.emplace_back(key_of(value), keys.size());
  std::ranges::stable_sort(keys, [descending](const auto& a, const auto& b) {
    return descending ? b.first < a.first : a.first < b.first;
  });
  std::vector<size_t> order;
  order.reserve(keys.size());
  for (const auto& [key, index] : keys) order.push_back(index);
  return order;
}

bool have_same_order(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return true;
  return a.storage().index() == b.storage().index() &&
         (a.as_string() != nullptr || a.as_time() != nullptr || a.as_duration() != nullptr);
}

template <typename Number>
void append_bytes(std::string& text, char kind, Number number) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(Number)>>(number);
  text += kind;
  text.append(bytes.begin(), bytes.end());
}

/// A whole number that fits an integer is written as one, whatever its type.
void append_number(std::string& text, double number) {
  constexpr double kInt64Max = 9.2e18;
  const bool whole = number == std::trunc(number) && std::abs(number) < kInt64Max;
  if (whole)
    append_bytes(text, 'i', static_cast<int64_t>(number));
  else
    append_bytes(text, 'f', number);
}

/// False where there is NaN in the value.
bool append_identity(std::string& text, const Value& value) {
  if (value.is_nan()) return false;
  if (const double* number = value.as_double()) {
    append_number(text, *number);
  } else if (const int64_t* integer = value.as_int()) {
    append_bytes(text, 'i', *integer);
  } else if (const std::string* characters = value.as_string()) {
    append_bytes(text, 's', characters->size());
    text += *characters;
  } else if (const List* items = value.as_list()) {
    text += '[';
    for (const Value& item : *items)
      if (!append_identity(text, item)) return false;
    text += ']';
  } else if (const Map* entries = value.as_map()) {
    text += '{';
    for (const auto& [key, item] : *entries)
      if (!append_identity(text, key) || !append_identity(text, item)) return false;
    text += '}';
  } else {
    text.append(value.type_name()).append(to_text(value)) += ';';
  }
  return true;
}

}  // namespace

Result<std::vector<size_t>> order_of(const List& values, bool descending) {
  if (values.empty()) return std::vector<size_t>{};
  const Value& first = values.front();
  for (const Value& value : values) {
    if (have_same_order(first, value)) continue;
    return fail(invalid(
        fmt::format("there is no order between {} and {}", first.type_name(), value.type_name())));
  }
  return first.as_string() != nullptr ? sorted_by(text_key, values, descending)
                                      : sorted_by(number_key, values, descending);
}

std::optional<std::string> identity_of(const Value& value) {
  std::string text;
  if (!append_identity(text, value)) return std::nullopt;
  return text;
}

}  // namespace sluice::analysis
