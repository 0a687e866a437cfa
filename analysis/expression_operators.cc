#include "analysis/expression_operators.h"

#include "analysis/expression.h"
#include "analysis/expression_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <optional>

namespace sluice::analysis {
namespace {

std::unexpected<Error> mismatch(BinaryOp op, const Value& left, const Value& right) {
  return fail(invalid(fmt::format("\"{}\" does not go with {} and {}", to_string(op),
                                  left.type_name(), right.type_name())));
}

std::unexpected<Error> overflow(BinaryOp op) {
  return fail(invalid(fmt::format("the outcome of \"{}\" does not fit 64 bits", to_string(op))));
}

/// Nothing where the two have no order.
std::optional<std::partial_ordering> order(const Value& left, const Value& right) {
  if (left.as_int() != nullptr && right.as_int() != nullptr)
    return *left.as_int() <=> *right.as_int();
  if (left.is_number() && right.is_number()) return left.number() <=> right.number();
  if (left.as_string() != nullptr && right.as_string() != nullptr)
    return *left.as_string() <=> *right.as_string();
  if (left.as_time() != nullptr && right.as_time() != nullptr)
    return *left.as_time() <=> *right.as_time();
  if (left.as_duration() != nullptr && right.as_duration() != nullptr)
    return left.as_duration()->count() <=> right.as_duration()->count();
  return std::nullopt;
}

Result<Value> compare(BinaryOp op, const Value& left, const Value& right) {
  const auto ordering = order(left, right);
  if (!ordering) return mismatch(op, left, right);
  if (op == BinaryOp::Less) return *ordering < 0;
  if (op == BinaryOp::LessEqual) return *ordering <= 0;
  if (op == BinaryOp::Greater) return *ordering > 0;
  return *ordering >= 0;
}

Result<Value> add_integers(BinaryOp op, int64_t left, int64_t right) {
  int64_t outcome = 0;
  const bool fits = op == BinaryOp::Add        ? !__builtin_add_overflow(left, right, &outcome)
                    : op == BinaryOp::Subtract ? !__builtin_sub_overflow(left, right, &outcome)
                                               : !__builtin_mul_overflow(left, right, &outcome);
  if (!fits) return overflow(op);
  return outcome;
}

Result<Value> combine_numbers(BinaryOp op, const Value& left, const Value& right) {
  if (left.as_int() != nullptr && right.as_int() != nullptr && op != BinaryOp::Divide)
    return add_integers(op, *left.as_int(), *right.as_int());
  const double a = left.number();
  const double b = right.number();
  if (op == BinaryOp::Add) return a + b;
  if (op == BinaryOp::Subtract) return a - b;
  if (op == BinaryOp::Multiply) return a * b;
  // 0 / 0 is NaN and 1 / 0 is infinite, as IEEE 754 and expr-lang have it.
  return a / b;
}

/// Fails where the span leaves the 292 years that 64 bits of nanoseconds hold.
Result<Duration> to_duration(BinaryOp op, double nanoseconds) {
  if (!(std::abs(nanoseconds) < 9.2e18)) return overflow(op);
  return Duration(std::llround(nanoseconds));
}

Result<Value> scale_duration(BinaryOp op, const Value& left, const Value& right) {
  const auto* span = left.as_duration() != nullptr ? left.as_duration() : right.as_duration();
  const Value& other = left.as_duration() != nullptr ? right : left;
  const double count = static_cast<double>(span->count());
  if (op == BinaryOp::Multiply && other.is_number()) {
    const auto outcome = to_duration(op, count * other.number());
    if (!outcome) return fail(outcome.error());
    return *outcome;
  }
  if (op == BinaryOp::Divide && left.as_duration() != nullptr && right.is_number()) {
    const auto outcome = to_duration(op, count / right.number());
    if (!outcome) return fail(outcome.error());
    return *outcome;
  }
  if (op == BinaryOp::Divide && left.as_duration() != nullptr && right.as_duration() != nullptr)
    return count / static_cast<double>(right.as_duration()->count());
  return mismatch(op, left, right);
}

Result<Value> move_time(BinaryOp op, const Value& left, const Value& right) {
  const bool minus = op == BinaryOp::Subtract;
  const auto* time = left.as_time();
  const auto* span = right.as_duration();
  if (op == BinaryOp::Add && time == nullptr) {
    time = right.as_time();
    span = left.as_duration();
  }
  int64_t outcome = 0;
  if (minus && time != nullptr && right.as_time() != nullptr) {
    const int64_t from = right.as_time()->time_since_epoch().count();
    if (__builtin_sub_overflow(time->time_since_epoch().count(), from, &outcome))
      return overflow(op);
    return Duration(outcome);
  }
  if (time == nullptr || span == nullptr) return mismatch(op, left, right);
  const int64_t at = time->time_since_epoch().count();
  const bool fits = minus ? !__builtin_sub_overflow(at, span->count(), &outcome)
                          : !__builtin_add_overflow(at, span->count(), &outcome);
  if (!fits) return overflow(op);
  return SystemTime(Duration(outcome));
}

Result<Value> add(BinaryOp op, const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return combine_numbers(op, left, right);
  if (op == BinaryOp::Add && left.as_string() != nullptr && right.as_string() != nullptr)
    return *left.as_string() + *right.as_string();
  if (left.as_duration() != nullptr && right.as_duration() != nullptr) {
    const auto sum = add_integers(op, left.as_duration()->count(), right.as_duration()->count());
    if (!sum) return sum;
    return Duration(*sum->as_int());
  }
  return move_time(op, left, right);
}

Result<Value> multiply(BinaryOp op, const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return combine_numbers(op, left, right);
  if (left.as_duration() != nullptr || right.as_duration() != nullptr)
    return scale_duration(op, left, right);
  return mismatch(op, left, right);
}

Result<Value> modulo(const Value& left, const Value& right) {
  if (left.as_int() == nullptr || right.as_int() == nullptr)
    return mismatch(BinaryOp::Modulo, left, right);
  if (*right.as_int() == 0) return fail(invalid("\"%\" by zero"));
  // The remainder by -1 is 0; computing it overflows for the least integer.
  return *right.as_int() == -1 ? int64_t{0} : *left.as_int() % *right.as_int();
}

Result<Value> power(const Value& left, const Value& right) {
  if (!left.is_number() || !right.is_number()) return mismatch(BinaryOp::Power, left, right);
  return std::pow(left.number(), right.number());
}

Result<Value> contained(const Value& left, const Value& right) {
  if (const List* items = right.as_list()) {
    return std::any_of(items->begin(), items->end(),
                       [&left](const Value& item) { return equals(left, item); });
  }
  const Map* entries = right.as_map();
  if (entries == nullptr || left.as_string() == nullptr) return mismatch(BinaryOp::In, left, right);
  return entries->contains(*left.as_string());
}

Result<Value> test_text(BinaryOp op, const Value& left, const Value& right) {
  if (left.as_string() == nullptr || right.as_string() == nullptr) return mismatch(op, left, right);
  const std::string& text = *left.as_string();
  const std::string& part = *right.as_string();
  if (op == BinaryOp::Contains) return find_text(text, part) != std::string_view::npos;
  if (op == BinaryOp::StartsWith) return text.starts_with(part);
  return text.ends_with(part);
}

Result<Value> range(const Value& left, const Value& right) {
  if (left.as_int() == nullptr || right.as_int() == nullptr)
    return mismatch(BinaryOp::Range, left, right);
  const int64_t first = *left.as_int();
  const int64_t last = *right.as_int();
  if (last < first) return Value::list({});
  const uint64_t count = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
  if (count >= kExpressionSizeMax)
    return fail(invalid(fmt::format("the range {}..{} is too long", first, last)));
  List items;
  items.reserve(count + 1);
  for (uint64_t i = 0; i <= count; ++i)
    items.emplace_back(static_cast<int64_t>(static_cast<uint64_t>(first) + i));
  return Value::list(std::move(items));
}

}  // namespace

bool is_comparison(BinaryOp op) {
  return is_ordering(op) || op == BinaryOp::Equal || op == BinaryOp::NotEqual;
}

Result<Value> apply(UnaryOp op, const Value& operand) {
  if (op == UnaryOp::Not) {
    if (operand.as_bool() == nullptr)
      return fail(invalid(fmt::format("\"!\" does not go with {}", operand.type_name())));
    return !*operand.as_bool();
  }
  if (operand.as_duration() != nullptr || operand.is_number())
    return op == UnaryOp::Plus ? operand : apply(BinaryOp::Multiply, operand, -1);
  return fail(invalid(fmt::format("a sign does not go with {}", operand.type_name())));
}

Result<Value> apply(BinaryOp op, const Value& left, const Value& right) {
  switch (op) {
    case BinaryOp::Equal:
      return equals(left, right);
    case BinaryOp::NotEqual:
      return !equals(left, right);
    case BinaryOp::Less:
    case BinaryOp::LessEqual:
    case BinaryOp::Greater:
    case BinaryOp::GreaterEqual:
      return compare(op, left, right);
    case BinaryOp::In:
      return contained(left, right);
    case BinaryOp::Contains:
    case BinaryOp::StartsWith:
    case BinaryOp::EndsWith:
      return test_text(op, left, right);
    case BinaryOp::Range:
      return range(left, right);
    case BinaryOp::Add:
    case BinaryOp::Subtract:
      return add(op, left, right);
    case BinaryOp::Multiply:
    case BinaryOp::Divide:
      return multiply(op, left, right);
    case BinaryOp::Modulo:
      return modulo(left, right);
    case BinaryOp::Power:
      return power(left, right);
    case BinaryOp::Or:
    case BinaryOp::And:
    case BinaryOp::Coalesce:
    case BinaryOp::Matches:
      break;
  }
  return mismatch(op, left, right);
}

}  // namespace sluice::analysis
