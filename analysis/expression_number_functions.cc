// abs, rounding, bits, and the statistics: max, min, mean, median.

#include "analysis/expression_functions.h"
#include "analysis/expression_operators.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace sluice::analysis {
namespace {

using Arguments = std::span<const Value>;

Result<Value> abs_of(const FunctionContext&, Arguments args) {
  if (args[0].as_int() != nullptr)
    return *args[0].as_int() < 0 ? apply(UnaryOp::Minus, args[0]) : Result<Value>(args[0]);
  if (args[0].as_double() == nullptr) return fail(wrong_argument("abs", "a number", args[0]));
  return std::abs(*args[0].as_double());
}

template <double (*Round)(double)>
Result<Value> rounded(std::string_view name, Arguments args) {
  if (!args[0].is_number()) return fail(wrong_argument(name, "a number", args[0]));
  return args[0].as_int() != nullptr ? args[0] : Value(Round(*args[0].as_double()));
}

Result<Value> ceil_of(const FunctionContext&, Arguments args) {
  return rounded<std::ceil>("ceil", args);
}

Result<Value> floor_of(const FunctionContext&, Arguments args) {
  return rounded<std::floor>("floor", args);
}

Result<Value> round_of(const FunctionContext&, Arguments args) {
  return rounded<std::round>("round", args);
}

/// The numbers among the arguments and in lists among them.
Result<List> numbers(std::string_view name, Arguments args) {
  List found;
  const auto add = [&](const Value& value) {
    if (value.is_number()) found.push_back(value);
    return value.is_number();
  };
  for (const Value& argument : args) {
    if (const List* items = argument.as_list()) {
      const auto odd = std::find_if_not(items->begin(), items->end(), add);
      if (odd != items->end()) return fail(wrong_argument(name, "numbers", *odd));
    } else if (!add(argument)) {
      return fail(wrong_argument(name, "numbers", argument));
    }
  }
  return found;
}

/// What a statistic over no numbers is: no data where the answer was empty.
Result<Value> of_nothing(const FunctionContext& context, Value otherwise) {
  return is_empty_answer(context.result) ? Value::no_data("") : std::move(otherwise);
}

bool any_nan(const List& values) {
  return std::any_of(values.begin(), values.end(), [](const Value& one) { return one.is_nan(); });
}

Result<Value> extreme(std::string_view name, const FunctionContext& context, Arguments args,
                      BinaryOp better) {
  auto values = numbers(name, args);
  if (!values) return fail(values.error());
  if (values->empty()) {
    if (is_empty_answer(context.result)) return Value::no_data("");
    return fail(invalid(fmt::format("{} needs at least one number", name)));
  }
  Value best = values->front();
  for (const Value& value : *values) {
    if (value.is_nan()) return value;
    const auto wins = apply(better, value, best);
    if (wins && *wins->as_bool()) best = value;
  }
  return best;
}

Result<Value> max_of(const FunctionContext& context, Arguments args) {
  return extreme("max", context, args, BinaryOp::Greater);
}

Result<Value> min_of(const FunctionContext& context, Arguments args) {
  return extreme("min", context, args, BinaryOp::Less);
}

Result<Value> mean_of(const FunctionContext& context, Arguments args) {
  const auto values = numbers("mean", args);
  if (!values) return fail(values.error());
  if (values->empty()) return of_nothing(context, 0.0);
  const double total =
      std::accumulate(values->begin(), values->end(), 0.0,
                      [](double sum, const Value& value) { return sum + value.number(); });
  return total / static_cast<double>(values->size());
}

Result<Value> median_of(const FunctionContext& context, Arguments args) {
  const auto values = numbers("median", args);
  if (!values) return fail(values.error());
  if (values->empty()) return of_nothing(context, 0.0);
  if (any_nan(*values)) return std::nan("");
  std::vector<double> sorted;
  sorted.reserve(values->size());
  for (const Value& value : *values) sorted.push_back(value.number());
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

using BitOperation = uint64_t (*)(uint64_t, uint64_t);

template <BitOperation Operate>
Result<Value> of_bits(const FunctionContext&, Arguments args) {
  for (const Value& argument : args)
    if (argument.as_int() == nullptr)
      return fail(wrong_argument("this function", "an int", argument));
  const auto bits = [&args](size_t i) { return static_cast<uint64_t>(*args[i].as_int()); };
  return static_cast<int64_t>(Operate(bits(0), bits(args.size() - 1)));
}

uint64_t bit_and(uint64_t a, uint64_t b) {
  return a & b;
}

uint64_t bit_or(uint64_t a, uint64_t b) {
  return a | b;
}

uint64_t bit_xor(uint64_t a, uint64_t b) {
  return a ^ b;
}

/// a and not b, Go's &^.
uint64_t bit_nand(uint64_t a, uint64_t b) {
  return a & ~b;
}

uint64_t bit_not(uint64_t a, uint64_t) {
  return ~a;
}

constexpr std::array<Function, 13> kNumberFunctions{{
    {"abs", 1, 1, StaticType::Number, abs_of},
    {"ceil", 1, 1, StaticType::Number, ceil_of},
    {"floor", 1, 1, StaticType::Number, floor_of},
    {"round", 1, 1, StaticType::Number, round_of},
    {"bitand", 2, 2, StaticType::Number, of_bits<bit_and>},
    {"bitor", 2, 2, StaticType::Number, of_bits<bit_or>},
    {"bitxor", 2, 2, StaticType::Number, of_bits<bit_xor>},
    {"bitnand", 2, 2, StaticType::Number, of_bits<bit_nand>},
    {"bitnot", 1, 1, StaticType::Number, of_bits<bit_not>},
    {"max", 1, kAnyNumber, StaticType::Number, max_of, false, false, false, 6},
    {"min", 1, kAnyNumber, StaticType::Number, min_of, false, false, false, 6},
    {"mean", 1, kAnyNumber, StaticType::Number, mean_of, false, false, false, 6},
    {"median", 1, kAnyNumber, StaticType::Number, median_of, false, false, false, 6},
}};

}  // namespace

std::span<const Function> number_functions() {
  return kNumberFunctions;
}

}  // namespace sluice::analysis
