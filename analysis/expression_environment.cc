// What Argo Rollouts adds to the language (asInt, asFloat, isNaN, isInf, isNil, default), and
// type().

#include "analysis/expression_functions.h"
#include "base/whole_number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace sluice::analysis {
namespace {

using Arguments = std::span<const Value>;

Result<double> parse_float(std::string_view function, const Value& value) {
  std::string_view text = *value.as_string();
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(invalid(std::string(function) + ": " + to_text(value) + " is not a number"));
  return number;
}

Result<Value> to_float(std::string_view function, const Value& value) {
  if (value.is_number()) return value.number();
  if (value.as_string() == nullptr)
    return fail(wrong_argument(function, "a number or a string", value));
  const auto number = parse_float(function, value);
  if (!number) return fail(number.error());
  return *number;
}

/// Cuts towards zero, as Go does; what does not fit 64 bits is an error.
Result<Value> to_int(std::string_view function, const Value& value) {
  if (value.as_int() != nullptr) return value;
  if (value.as_string() != nullptr) {
    const std::string& text = *value.as_string();
    if (const auto whole = whole_number(text)) return *whole;
    return fail(invalid(std::string(function) + ": " + to_text(value) + " is not an integer"));
  }
  if (value.as_double() == nullptr)
    return fail(wrong_argument(function, "a number or a string", value));
  const double number = *value.as_double();
  if (!(std::abs(number) < 9.2e18))
    return fail(invalid(std::string(function) + ": " + to_text(value) + " is not an integer"));
  return static_cast<int64_t>(number);
}

Result<Value> as_int(const FunctionContext&, Arguments args) {
  if (args[0].is_nan()) return Value::no_data("asInt: the value is NaN");
  return to_int("asInt", args[0]);
}

Result<Value> as_float(const FunctionContext&, Arguments args) {
  return to_float("asFloat", args[0]);
}

Result<Value> int_of(const FunctionContext&, Arguments args) {
  if (args[0].is_nan()) return Value::no_data("int: the value is NaN");
  return to_int("int", args[0]);
}

Result<Value> float_of(const FunctionContext&, Arguments args) {
  return to_float("float", args[0]);
}

Result<Value> is_nan(const FunctionContext&, Arguments args) {
  const auto number = to_float("isNaN", args[0]);
  if (!number) return number;
  return number->is_nan();
}

Result<Value> is_inf(const FunctionContext&, Arguments args) {
  const auto number = to_float("isInf", args[0]);
  if (!number) return number;
  return std::isinf(number->number());
}

/// Argo looks at the whole result, whatever the argument; a nil argument is nil here too.
Result<Value> is_nil(const FunctionContext& context, Arguments args) {
  return context.result.is_null() || args[0].is_null() || args[0].is_no_data();
}

/// Argo gives the whole result wherever there is one, whatever the argument.
Result<Value> default_of(const FunctionContext& context, Arguments args) {
  const auto nil = is_nil(context, args);
  return *nil->as_bool() ? args[1] : context.result;
}

Result<Value> type(const FunctionContext&, Arguments args) {
  if (args[0].is_null()) return "nil";
  if (args[0].as_list() != nullptr) return "array";
  return std::string(args[0].type_name());
}

constexpr std::array<Function, 9> kEnvironmentFunctions{{
    {"asInt", 1, 1, StaticType::Number, as_int, false, false, false, 2},
    {"asFloat", 1, 1, StaticType::Number, as_float, false, false, false, 2},
    {"int", 1, 1, StaticType::Number, int_of, false, false, false, 2},
    {"float", 1, 1, StaticType::Number, float_of, false, false, false, 2},
    {"isNaN", 1, 1, StaticType::Bool, is_nan},
    {"isInf", 1, 1, StaticType::Bool, is_inf},
    {"isNil", 1, 1, StaticType::Bool, is_nil, true},
    {"default", 2, 2, StaticType::Unknown, default_of, true},
    {"type", 1, 1, StaticType::Text, type},
}};

}  // namespace

std::span<const Function> environment_functions() {
  return kEnvironmentFunctions;
}

}  // namespace sluice::analysis
