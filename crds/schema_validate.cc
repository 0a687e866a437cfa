// Validation, in the order in which an API server's validator looks: type, compositions, text,
// numbers, items, enumeration, members.

#include "crds/schema.h"
#include "crds/schema_formats.h"
#include "crds/schema_list_check.h"
#include "crds/schema_node.h"
#include "crds/schema_path.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace sluice::crds {
namespace {

/// Errors, and how many checks were passed: among the failed branches of an anyOf or oneOf the API
/// server shows the errors of the one that came furthest.
struct Outcome {
  std::vector<FieldError> errors;
  int64_t checks = 0;

  bool valid() const { return errors.empty(); }

  void add(FieldError error) {
    if (errors.size() >= kFieldErrorsMax) return;
    if (std::find(errors.begin(), errors.end(), error) == errors.end()) {
      errors.push_back(std::move(error));
    }
  }

  void merge(Outcome other) {
    checks += other.checks;
    for (FieldError& error : other.errors) add(std::move(error));
  }
};

/// One value under one schema at one place.
struct Subject {
  const Json& value;
  const SchemaNode& node;
  const SchemaPath& path;

  FieldError error(FieldErrorType type, std::string bad_value, std::string detail) const {
    const std::string field = path.field();
    return {.field = field.empty() ? "<nil>" : field,
            .type = type,
            .value = std::move(bad_value),
            .detail = std::move(detail),
            .pointer = path.pointer()};
  }

  /// "spec.size in body <rule>".
  FieldError invalid(std::string_view rule) const {
    return error(FieldErrorType::Invalid, go_value(value),
                 fmt::format("{} in body {}", path.field(), rule));
  }

  FieldError wrong_type(std::string_view expected, std::string_view actual) const {
    const std::string quoted = go_value(Json(actual));
    return error(FieldErrorType::TypeInvalid, quoted,
                 fmt::format("{} in body must be of type {}: {}", path.field(), expected, quoted));
  }

  /// The verdict of an anyOf, oneOf, allOf or not.
  FieldError composition(std::string_view rule) const {
    return {.field = "<nil>",
            .type = FieldErrorType::Invalid,
            .value = "\"\"",
            .detail = fmt::format("{} must {}", go_value(Json(path.field())), rule),
            .pointer = path.pointer()};
  }
};

Outcome validate_node(const Subject& subject);

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

Outcome check_type(const Subject& subject) {
  const SchemaNode& node = subject.node;
  Outcome outcome;
  outcome.checks = 1;
  const JsonType type = type_of(subject.value);
  const bool whole = type == JsonType::Number && is_json_integer(subject.value.get<double>());
  const bool fits = node.allows(type) || (whole && node.allows(JsonType::Integer)) ||
                    (type == JsonType::Integer && node.allows(JsonType::Number));
  const bool texty = type == JsonType::String || type == JsonType::Array;
  if (!node.format.empty() && !texty && !fits) {
    return {.errors = {subject.wrong_type(node.format, native_format(type))}};
  }
  const bool numeric_schema = node.allows(JsonType::Integer) || node.allows(JsonType::Number);
  // With a format, lists pass as text here: so does the API server.
  if (!node.format.empty() && texty && !numeric_schema) return outcome;
  if (!fits) return {.errors = {subject.wrong_type(node.type_name, name_of(type))}};
  return outcome;
}

Outcome check_any_of(const Subject& subject) {
  Outcome outcome;
  std::optional<Outcome> best_failure;
  for (const SchemaNodePtr& branch : subject.node.any_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) return result;
    if (!best_failure || result.checks > best_failure->checks) best_failure = std::move(result);
  }
  if (!best_failure) return outcome;
  outcome.add(subject.composition("validate at least one schema (anyOf)"));
  outcome.merge(std::move(*best_failure));
  return outcome;
}

Outcome check_one_of(const Subject& subject) {
  Outcome outcome;
  std::optional<Outcome> first_success;
  std::optional<Outcome> best_failure;
  size_t valid = 0;
  for (const SchemaNodePtr& branch : subject.node.one_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) {
      ++valid;
      if (!first_success) first_success = std::move(result);
    } else if (!best_failure || result.checks > best_failure->checks) {
      best_failure = std::move(result);
    }
  }
  if (valid == 1) return std::move(*first_success);
  if (valid > 1) {
    outcome.add(subject.composition(fmt::format(
        "validate one and only one schema (oneOf). Found {} valid alternatives", valid)));
  } else if (best_failure) {
    outcome.add(subject.composition("validate one and only one schema (oneOf). Found none valid"));
    outcome.merge(std::move(*best_failure));
  }
  return outcome;
}

Outcome check_all_of(const Subject& subject) {
  Outcome outcome;
  size_t valid = 0;
  for (const SchemaNodePtr& branch : subject.node.all_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) ++valid;
    outcome.merge(std::move(result));
  }
  if (valid != subject.node.all_of.size()) {
    outcome.add(subject.composition(valid == 0 ? "validate all the schemas (allOf). None validated"
                                               : "validate all the schemas (allOf)"));
  }
  return outcome;
}

Outcome check_compositions(const Subject& subject) {
  Outcome outcome = check_any_of(subject);
  outcome.merge(check_one_of(subject));
  outcome.merge(check_all_of(subject));
  if (subject.node.negated != nullptr &&
      validate_node({subject.value, *subject.node.negated, subject.path}).valid()) {
    outcome.add(subject.composition("not validate the schema (not)"));
  }
  ++outcome.checks;
  return outcome;
}

int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
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
  if (node.pattern && !node.pattern->matches(text)) {
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

/// A bound as the server compares and prints it: for whole numbers without its fraction.
Json native_bound(const Json& value, double bound) {
  return type_of(value) == JsonType::Integer ? Json(static_cast<int64_t>(bound)) : Json(bound);
}

bool is_multiple(const Json& value, double factor) {
  if (type_of(value) == JsonType::Integer) {
    const auto whole = static_cast<int64_t>(factor);
    return whole > 0 && value.get<int64_t>() % whole == 0;
  }
  const double number = value.get<double>();
  return factor > 0 && is_json_integer(factor < 1 ? 1 / factor * number : number / factor);
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

FieldError too_many(const Subject& subject, size_t count, int64_t max) {
  return subject.error(FieldErrorType::TooMany, std::to_string(count),
                       fmt::format("must have at most {} items", max));
}

FieldError too_few(const Subject& subject, size_t count, int64_t min, std::string_view unit) {
  return subject.error(
      FieldErrorType::Invalid, std::to_string(count),
      fmt::format("{} in body should have at least {} {}", subject.path.field(), min, unit));
}

bool has_duplicates(const Json& list) {
  std::vector<Json> sorted(list.begin(), list.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

Outcome check_items(const Subject& subject) {
  const SchemaNode& node = subject.node;
  const size_t count = subject.value.size();
  Outcome outcome;
  for (size_t i = 0; node.items != nullptr && i < count; ++i) {
    outcome.merge(validate_node({subject.value[i], *node.items, subject.path.item(i)}));
  }
  if (node.items_count.min && std::cmp_less(count, *node.items_count.min)) {
    outcome.add(too_few(subject, count, *node.items_count.min, "items"));
  }
  if (node.items_count.max && std::cmp_greater(count, *node.items_count.max)) {
    outcome.add(too_many(subject, count, *node.items_count.max));
  }
  if (node.unique_items && has_duplicates(subject.value)) {
    outcome.add(subject.error(
        FieldErrorType::Invalid, "\"\"",
        fmt::format("{} in body shouldn't contain duplicates", subject.path.field())));
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

Outcome check_members(const Subject& subject) {
  const SchemaNode& node = subject.node;
  const size_t count = subject.value.size();
  Outcome outcome;
  if (node.members_count.min && std::cmp_less(count, *node.members_count.min)) {
    outcome.add(too_few(subject, count, *node.members_count.min, "properties"));
  }
  if (node.members_count.max && std::cmp_greater(count, *node.members_count.max)) {
    outcome.add(too_many(subject, count, *node.members_count.max));
  }
  for (const auto& [key, value] : subject.value.items()) {
    if (const SchemaNode* member = node.member(key)) {
      outcome.merge(validate_node({value, *member, subject.path.member(key)}));
    }
  }
  for (const std::string& key : node.required) {
    if (subject.value.contains(key)) continue;
    const SchemaPath missing = subject.path.member(key);
    outcome.add(Subject{subject.value, node, missing}.error(FieldErrorType::Required, "", ""));
  }
  return outcome;
}

Outcome validate_null(const Subject& subject) {
  const SchemaNode& node = subject.node;
  Outcome outcome;
  if (node.types != 0 && !node.nullable) {
    outcome.add(subject.wrong_type(node.type_name, "null"));
  } else {
    outcome.checks = 1;
  }
  outcome.merge(check_enumeration(subject));
  return outcome;
}

Outcome validate_node(const Subject& subject) {
  const Json& value = subject.value;
  if (value.is_null()) return validate_null(subject);
  Outcome outcome;
  const auto run = [&outcome, &subject](Outcome (*check)(const Subject&)) {
    outcome.merge(check(subject));
    ++outcome.checks;
  };
  if (subject.node.types != 0 || !subject.node.format.empty()) run(check_type);
  run(check_compositions);
  if (value.is_string()) {
    run(check_text);
    if (!subject.node.format.empty()) run(check_format);
  }
  if (value.is_number()) run(check_number);
  if (value.is_array()) run(check_items);
  run(check_enumeration);
  if (value.is_object()) run(check_members);
  ++outcome.checks;
  return outcome;
}

}  // namespace

std::vector<FieldError> Schema::validate(const Json& object) const {
  const SchemaPath root;
  std::vector<FieldError> errors = validate_node({object, *root_, root}).errors;
  check_lists(object, *root_, errors);
  return errors;
}

}  // namespace sluice::crds
