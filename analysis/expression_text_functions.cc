// Functions on text. Positions count characters.

#include "analysis/expression.h"
#include "analysis/expression_functions.h"
#include "analysis/expression_text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace sluice::analysis {
namespace {

using Arguments = std::span<const Value>;

constexpr std::string_view kBlanks = " \t\n\r\v\f";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Null and an error for the first argument that is no text, from `first` on.
std::optional<Error> not_text(std::string_view name, Arguments args, size_t first = 0) {
  for (const Value& argument : args.subspan(first))
    if (argument.as_string() == nullptr) return wrong_argument(name, "a string", argument);
  return std::nullopt;
}

Error too_large(std::string_view name) {
  return invalid(fmt::format("{}: the text is too large", name));
}

/// As Go prints a float: 0.97, 1.5e+06.
std::string float_text(double number) {
  if (!std::isfinite(number)) return number_text(number);
  std::array<char, 32> buffer{};
  const auto write = [&](std::chars_format format) {
    const auto written = std::to_chars(buffer.begin(), buffer.end(), number, format);
    return std::string(buffer.begin(), written.ptr);
  };
  std::string text = write(std::chars_format::scientific);
  constexpr int kLeast = -4;
  constexpr int kBeyond = 6;
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  return exponent < kLeast || exponent >= kBeyond ? text : write(std::chars_format::fixed);
}

Result<Value> string_of(const FunctionContext&, Arguments args) {
  if (args[0].as_string() != nullptr) return args[0];
  if (args[0].as_double() != nullptr) return float_text(*args[0].as_double());
  return to_text(args[0]);
}

Result<Value> change_case(std::string_view name, Arguments args, char from, char shift) {
  if (const auto error = not_text(name, args)) return fail(*error);
  std::string text = *args[0].as_string();
  for (char& c : text)
    if (c >= from && c < from + 26) c = static_cast<char>(c + shift);
  return text;
}

Result<Value> upper(const FunctionContext&, Arguments args) {
  return change_case("upper", args, 'a', 'A' - 'a');
}

Result<Value> lower(const FunctionContext&, Arguments args) {
  return change_case("lower", args, 'A', 'a' - 'A');
}

Result<Value> trim(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("trim", args)) return fail(*error);
  const std::string& text = *args[0].as_string();
  std::bitset<256> cut;
  for (const char c : args.size() > 1 ? std::string_view(*args[1].as_string()) : kBlanks)
    cut.set(static_cast<unsigned char>(c));
  const auto is_cut = [&cut](char c) { return cut.test(static_cast<unsigned char>(c)); };
  const auto first = std::find_if_not(text.begin(), text.end(), is_cut);
  const auto last = std::find_if_not(text.rbegin(), std::reverse_iterator(first), is_cut);
  return std::string(first, last.base());
}

Result<Value> trim_prefix(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("trimPrefix", args)) return fail(*error);
  const std::string& text = *args[0].as_string();
  const std::string& prefix = *args[1].as_string();
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

Result<Value> trim_suffix(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("trimSuffix", args)) return fail(*error);
  const std::string& text = *args[0].as_string();
  const std::string& suffix = *args[1].as_string();
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

Result<Value> has_prefix(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("hasPrefix", args)) return fail(*error);
  return args[0].as_string()->starts_with(*args[1].as_string());
}

Result<Value> has_suffix(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("hasSuffix", args)) return fail(*error);
  return args[0].as_string()->ends_with(*args[1].as_string());
}

Result<Value> split(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("split", args)) return fail(*error);
  std::string_view rest = *args[0].as_string();
  const std::string& separator = *args[1].as_string();
  List parts;
  if (separator.empty()) {
    const int64_t count = character_count(rest);
    for (int64_t i = 0; i < count; ++i) {
      const std::string_view first = characters(rest, 0, 1);
      parts.emplace_back(std::string(first));
      rest.remove_prefix(first.size());
    }
    return Value::list(std::move(parts));
  }
  for (size_t at = find_text(rest, separator); at != rest.npos; at = find_text(rest, separator)) {
    parts.emplace_back(std::string(rest.substr(0, at)));
    rest.remove_prefix(at + separator.size());
  }
  parts.emplace_back(std::string(rest));
  return Value::list(std::move(parts));
}

Result<Value> join(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("join", args, 1)) return fail(*error);
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("join", "a list", args[0]));
  const std::string separator = args.size() > 1 ? *args[1].as_string() : "";
  std::string text;
  for (size_t i = 0; i < items->size(); ++i) {
    const Value& item = (*items)[i];
    if (item.as_string() == nullptr) return fail(wrong_argument("join", "strings", item));
    if (i > 0) text += separator;
    text += *item.as_string();
    if (text.size() > kExpressionSizeMax) return fail(too_large("join"));
  }
  return text;
}

Result<Value> replace(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("replace", args)) return fail(*error);
  std::string_view rest = *args[0].as_string();
  const std::string& from = *args[1].as_string();
  const std::string& to = *args[2].as_string();
  if (from.empty()) return args[0];
  std::string text;
  for (size_t at = find_text(rest, from); at != rest.npos; at = find_text(rest, from)) {
    text.append(rest.substr(0, at)).append(to);
    rest.remove_prefix(at + from.size());
    if (text.size() > kExpressionSizeMax) return fail(too_large("replace"));
  }
  return text.append(rest);
}

Result<Value> repeat(const FunctionContext&, Arguments args) {
  const std::string* text = args[0].as_string();
  const int64_t* times = args[1].as_int();
  if (text == nullptr) return fail(wrong_argument("repeat", "a string", args[0]));
  if (times == nullptr || *times < 0) return fail(wrong_argument("repeat", "a count", args[1]));
  const auto room = static_cast<int64_t>(kExpressionSizeMax / std::max<size_t>(text->size(), 1));
  if (*times > room) return fail(too_large("repeat"));
  std::string repeated;
  for (int64_t i = 0; i < *times; ++i) repeated += *text;
  return repeated;
}

Result<Value> position(const std::string& text, size_t at) {
  if (at == std::string::npos) return int64_t{-1};
  return character_count(std::string_view(text).substr(0, at));
}

Result<Value> index_of(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("indexOf", args)) return fail(*error);
  return position(*args[0].as_string(), find_text(*args[0].as_string(), *args[1].as_string()));
}

Result<Value> last_index_of(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("lastIndexOf", args)) return fail(*error);
  return position(*args[0].as_string(), find_last_text(*args[0].as_string(), *args[1].as_string()));
}

/// Over several lines, as expr-lang writes it.
Result<Value> to_json(const FunctionContext&, Arguments args) {
  constexpr int kIndent = 2;
  return value_to_json(args[0]).dump(kIndent, ' ', false, Json::error_handler_t::replace);
}

Result<Value> from_json(const FunctionContext&, Arguments args) {
  if (const auto error = not_text("fromJSON", args)) return fail(*error);
  const auto json = parse_json(*args[0].as_string());
  if (!json) return fail(json.error().within("fromJSON"));
  return value_from_json(*json);
}

constexpr std::array<Function, 16> kTextFunctions{{
    {"string", 1, 1, StaticType::Text, string_of, false, false, false, 4},
    {"upper", 1, 1, StaticType::Text, upper},
    {"lower", 1, 1, StaticType::Text, lower},
    {"trim", 1, 2, StaticType::Text, trim},
    {"trimPrefix", 2, 2, StaticType::Text, trim_prefix},
    {"trimSuffix", 2, 2, StaticType::Text, trim_suffix},
    {"hasPrefix", 2, 2, StaticType::Bool, has_prefix},
    {"hasSuffix", 2, 2, StaticType::Bool, has_suffix},
    {"split", 2, 2, StaticType::Array, split, false, false, false, 4},
    {"join", 1, 2, StaticType::Text, join},
    {"replace", 3, 3, StaticType::Text, replace},
    {"repeat", 2, 2, StaticType::Text, repeat},
    {"indexOf", 2, 2, StaticType::Number, index_of},
    {"lastIndexOf", 2, 2, StaticType::Number, last_index_of},
    {"toJSON", 1, 1, StaticType::Text, to_json, false, false, false, 8},
    {"fromJSON", 1, 1, StaticType::Unknown, from_json, false, false, false, 16},
}};

}  // namespace

int64_t character_count(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); });
}

std::string_view characters(std::string_view text, int64_t from, int64_t to) {
  size_t at = 0;
  const auto advance = [&](int64_t count) {
    for (; count > 0 && at < text.size(); --count) {
      do ++at;
      while (at < text.size() && is_continuation(text[at]));
    }
    return at;
  };
  const size_t start = advance(from);
  return text.substr(start, advance(to - from) - start);
}

size_t find_text(std::string_view text, std::string_view part) {
  const void* found = memmem(text.data(), text.size(), part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

size_t find_last_text(std::string_view text, std::string_view part) {
  const std::string backwards(text.rbegin(), text.rend());
  const size_t found = find_text(backwards, std::string(part.rbegin(), part.rend()));
  return found == std::string_view::npos ? found : text.size() - part.size() - found;
}

std::span<const Function> text_functions() {
  return kTextFunctions;
}

}  // namespace sluice::analysis
