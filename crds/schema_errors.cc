#include "crds/schema_errors.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace sluice::crds {
namespace {

std::string_view title(FieldErrorType type) {
  switch (type) {
    case FieldErrorType::Required:
      return "Required value";
    case FieldErrorType::TypeInvalid:
    case FieldErrorType::Invalid:
      return "Invalid value";
    case FieldErrorType::NotSupported:
      return "Unsupported value";
    case FieldErrorType::Duplicate:
      return "Duplicate value";
    case FieldErrorType::Forbidden:
      return "Forbidden";
    case FieldErrorType::NotFound:
      return "Not found";
    case FieldErrorType::TooLong:
      return "Too long";
    case FieldErrorType::TooMany:
      return "Too many";
  }
  return "";
}

/// Go's strconv.Quote.
std::string go_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr std::string_view kNamed = "\a\b\t\n\v\f\r";
    static constexpr std::string_view kNames = "abtnvfr";
    if (const size_t named = kNamed.find(c); named != std::string_view::npos) {
      quoted += '\\';
      quoted += kNames[named];
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

/// Go's %v of a float64: with an exponent below 1e-4 and from 1e6 on.
std::string go_float(double value) {
  constexpr int kExponentMin = -4;
  constexpr int kExponentMax = 6;
  std::array<char, 400> buffer{};
  const auto print = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return std::string(buffer.data(), end.ptr);
  };
  const std::string scientific = print(std::chars_format::scientific);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  return exponent < kExponentMin || exponent >= kExponentMax ? scientific
                                                             : print(std::chars_format::fixed);
}

/// Go's %#v of what JSON decodes to, inside a list or a map.
std::string go_syntax(const Json& value) {
  if (value.is_null()) return "interface {}(nil)";
  if (value.is_array()) {
    std::string text = "[]interface {}{";
    for (const Json& item : value) text += (text.ends_with('{') ? "" : ", ") + go_syntax(item);
    return text + '}';
  }
  if (value.is_object()) {
    std::string text = "map[string]interface {}{";
    bool first = true;
    for (const auto& [key, member] : value.items()) {
      text += (first ? "" : ", ") + go_quote(key) + ':' + go_syntax(member);
      first = false;
    }
    return text + '}';
  }
  return go_value(value);
}

}  // namespace

std::string_view to_string(FieldErrorType type) {
  switch (type) {
    case FieldErrorType::Required:
      return "FieldValueRequired";
    case FieldErrorType::TypeInvalid:
      return "FieldValueTypeInvalid";
    case FieldErrorType::Invalid:
      return "FieldValueInvalid";
    case FieldErrorType::NotSupported:
      return "FieldValueNotSupported";
    case FieldErrorType::Duplicate:
      return "FieldValueDuplicate";
    case FieldErrorType::Forbidden:
      return "FieldValueForbidden";
    case FieldErrorType::NotFound:
      return "FieldValueNotFound";
    case FieldErrorType::TooLong:
      return "FieldValueTooLong";
    case FieldErrorType::TooMany:
      return "FieldValueTooMany";
  }
  return "";
}

std::string FieldError::body() const {
  std::string text(title(type));
  if (!value.empty()) text += ": " + value;
  if (!detail.empty()) text += ": " + detail;
  return text;
}

std::string go_value(const Json& value) {
  if (value.is_null()) return "\"null\"";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_string()) return go_quote(value.get_ref<const std::string&>());
  if (value.is_number_unsigned()) return fmt::format("{}", value.get<uint64_t>());
  if (value.is_number_integer()) return fmt::format("{}", value.get<int64_t>());
  if (value.is_number_float()) return go_float(value.get<double>());
  return go_syntax(value);
}

Json InvalidStatus::causes() const {
  Json list = Json::array();
  for (const FieldError& error : errors) {
    list.push_back({{"reason", std::string(to_string(error.type))},
                    {"message", error.body()},
                    {"field", error.field}});
  }
  return list;
}

InvalidStatus format_invalid(std::string_view kind, std::string_view group, std::string_view name,
                             std::vector<FieldError> errors) {
  std::vector<std::string> sentences;
  for (const FieldError& error : errors) {
    std::string sentence = error.sentence();
    if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end())
      sentences.push_back(std::move(sentence));
  }
  std::string joined;
  for (const std::string& sentence : sentences) joined += (joined.empty() ? "" : ", ") + sentence;
  if (sentences.size() > 1) joined = '[' + joined + ']';
  InvalidStatus status;
  status.message = fmt::format("{}{}{} {} is invalid: {}", kind, group.empty() ? "" : ".", group,
                               go_quote(name), joined);
  status.errors = std::move(errors);
  return status;
}

}  // namespace sluice::crds
