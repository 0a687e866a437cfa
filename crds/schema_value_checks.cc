#include "crds/schema_value_checks.h"

#include "crds/schema.h"
#include "crds/schema_formats.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::crds {
namespace {

/// Whether a float is a whole number that JavaScript can hold exactly.
bool is_json_integer(double number) {
  constexpr double kMax = 9007199254740991.0;  // 2^53 - 1
  return std::abs(number) <= kMax && std::nearbyint(number) == number;
}

JsonType type_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return JsonType::Object;
    case Json::value_t::array:
      return JsonType::Array;
    case Json::value_t::string:
      return JsonType::String;
    case Json::value_t::boolean:
      return JsonType::Boolean;
    case Json::value_t::number_integer:
      return JsonType::Integer;
    case Json::value_t::number_unsigned:
      return std::in_range<int64_t>(value.get<uint64_t>()) ? JsonType::Integer : JsonType::Number;
    case Json::value_t::number_float:
      return JsonType::Number;
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return JsonType::Object;
}

std::string_view name_of(JsonType type) {
  switch (type) {
    case JsonType::Object:
      return "object";
    case JsonType::Array:
      return "array";
    case JsonType::String:
      return "string";
    case JsonType::Integer:
      return "integer";
    case JsonType::Number:
      return "number";
    case JsonType::Boolean:
      return "boolean";
  }
  return "";
}

/// The name that Go's validator has for a number's own format.
std::string_view native_format(JsonType type) {
  return type == JsonType::Integer ? "int64" : type == JsonType::Number ? "float64" : "";
}

int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

/// From here on a float has no int64 of its own: 2^63.
constexpr double kInt64Bound = 9223372036854775808.0;

/// A bound as the server compares and prints it: for whole numbers without its fraction.
Json native_bound(const Json& value, double bound) {
  const bool whole = type_of(value) == JsonType::Integer && std::abs(bound) < kInt64Bound;
  return whole ? Json(static_cast<int64_t>(bound)) : Json(bound);
}

bool is_multiple(const Json& value, double factor) {
  if (type_of(value) == JsonType::Integer && std::abs(factor) < kInt64Bound) {
    const auto whole = static_cast<int64_t>(factor);
    return whole > 0 && value.get<int64_t>() % whole == 0;
  }
  const double number = value.get<double>();
  return factor > 0 && is_json_integer(factor < 1 ? 1 / factor * number : number / factor);
}

}  // namespace

void Outcome::add(FieldError error) {
  if (errors.size() >= kFieldErrorsMax) return;
  if (std::find(errors.begin(), errors.end(), error) == errors.end())
    errors.push_back(std::move(error));
}

void Outcome::merge(Outcome other) {
  checks += other.checks;
  for (FieldError& error : other.errors) add(std::move(error));
}

FieldError Subject::error(FieldErrorType type, std::string bad_value, std::string detail) const {
  const std::string field = path.field();
  return {.field = field.empty() ? "<nil>" : field,
          .type = type,
          .value = std::move(bad_value),
          .detail = std::move(detail),
          .pointer = path.pointer()};
}

FieldError Subject::invalid(std::string_view rule) const {
  return error(FieldErrorType::Invalid, go_value(value),
               fmt::format("{} in body {}", path.field(), rule));
}

FieldError Subject::wrong_type(std::string_view expected, std::string_view actual) const {
  const std::string quoted = go_value(Json(actual));
  return error(FieldErrorType::TypeInvalid, quoted,
               fmt::format("{} in body must be of type {}: {}", path.field(), expected, quoted));
}

FieldError Subject::composition(std::string_view rule) const {
  return {.field = "<nil>",
          .type = FieldErrorType::Invalid,
          .value = "\"\"",
          .detail = fmt::format("{} must {}", go_value(Json(path.field())), rule),
          .pointer = path.pointer()};
}

Outcome check_type(const Subject& subject) {
  const SchemaNode& node = subject.node;
  Outcome outcome;
  outcome.checks = 1;
  const JsonType type = type_of(subject.value);
  const bool whole = type == JsonType::Number && is_json_integer(subject.value.get<double>());
  const bool fits = node.allows(type) || (whole && node.allows(JsonType::Integer)) ||
                    (type == JsonType::Integer && node.allows(JsonType::Number));
  const bool texty = type == JsonType::String || type == JsonType::Array;
  if (!node.format.empty() && !texty && !fits)
    return {.errors = {subject.wrong_type(node.format, native_format(type))}};
  const bool numeric_schema = node.allows(JsonType::Integer) || node.allows(JsonType::Number);
  // With a format, lists pass as text here: so does the API server.
  if (!node.format.empty() && texty && !numeric_schema) return outcome;
  if (!fits) return {.errors = {subject.wrong_type(node.type_name, name_of(type))}};
  return outcome;
}

/// Only the first failure of a text's length and pattern is told.
Outcome check_text(const Subject& subject) {
  const SchemaNode& node = subject.node;
  const auto& text = subject.value.get_ref<const std::string&>();
  const int64_t length = node.length.min || node.length.max ? count_characters(text) : 0;
  if (node.length.max && length > *node.length.max) {
    return {
        .errors = {subject.error(FieldErrorType::TooLong, "",
                                 fmt::format("may not be more than {} bytes", *node.length.max))}};
  }
  if (node.length.min && length < *node.length.min) {
    return {.errors = {subject.invalid(
                fmt::format("should be at least {} chars long", *node.length.min))}};
  }
  if (node.pattern && !node.pattern->found_in(text)) {
    return {
        .errors = {subject.invalid(fmt::format("should match '{}'", node.pattern->expression()))}};
  }
  return {};
}

Outcome check_format(const Subject& subject) {
  const std::string& format = subject.node.format;
  const auto& text = subject.value.get_ref<const std::string&>();
  if (format.empty() || has_format(format, text)) return {};
  return {.errors = {subject.wrong_type(format, text)}};
}

Outcome check_number(const Subject& subject) {
  const NumberBounds& bounds = subject.node.number;
  const Json& value = subject.value;
  Outcome outcome;
  if (bounds.multiple_of && !is_multiple(value, *bounds.multiple_of)) {
    outcome.add(subject.invalid(fmt::format("should be a multiple of {}",
                                            go_value(native_bound(value, *bounds.multiple_of)))));
  }
  if (bounds.minimum) {
    const Json bound = native_bound(value, *bounds.minimum);
    if (value < bound || (bounds.exclusive_minimum && value == bound)) {
      outcome.add(subject.invalid(fmt::format("should be greater than {}{}",
                                              bounds.exclusive_minimum ? "" : "or equal to ",
                                              go_value(bound))));
    }
  }
  if (bounds.maximum) {
    const Json bound = native_bound(value, *bounds.maximum);
    if (value > bound || (bounds.exclusive_maximum && value == bound)) {
      outcome.add(subject.invalid(fmt::format("should be less than {}{}",
                                              bounds.exclusive_maximum ? "" : "or equal to ",
                                              go_value(bound))));
    }
  }
  ++outcome.checks;
  return outcome;
}

Outcome check_enumeration(const Subject& subject) {
  const std::vector<Json>& allowed = subject.node.enumeration;
  if (allowed.empty()) return {};
  const bool found = std::find(allowed.begin(), allowed.end(), subject.value) != allowed.end();
  if (found && !subject.value.is_null()) return {};
  std::string list;
  for (const Json& value : allowed) {
    const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    list += (list.empty() ? "" : ", ") + go_value(Json(text));
  }
  return {.errors = {subject.error(FieldErrorType::NotSupported, go_value(subject.value),
                                   "supported values: " + list)}};
}

}  // namespace sluice::crds
