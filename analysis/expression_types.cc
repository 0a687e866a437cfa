#include "analysis/expression_types.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace sluice::analysis {
namespace {

struct Spelling {
  std::string_view text;
  BinaryOperator meaning;
};

constexpr std::array<Spelling, 24> kOperators{{{"||", {BinaryOp::Or, 10}},
                                               {"or", {BinaryOp::Or, 10}},
                                               {"&&", {BinaryOp::And, 15}},
                                               {"and", {BinaryOp::And, 15}},
                                               {"==", {BinaryOp::Equal, 20}},
                                               {"!=", {BinaryOp::NotEqual, 20}},
                                               {"<", {BinaryOp::Less, 20}},
                                               {"<=", {BinaryOp::LessEqual, 20}},
                                               {">", {BinaryOp::Greater, 20}},
                                               {">=", {BinaryOp::GreaterEqual, 20}},
                                               {"in", {BinaryOp::In, 20}},
                                               {"contains", {BinaryOp::Contains, 20}},
                                               {"startsWith", {BinaryOp::StartsWith, 20}},
                                               {"endsWith", {BinaryOp::EndsWith, 20}},
                                               {"matches", {BinaryOp::Matches, 20}},
                                               {"..", {BinaryOp::Range, 25}},
                                               {"+", {BinaryOp::Add, 30}},
                                               {"-", {BinaryOp::Subtract, 30}},
                                               {"*", {BinaryOp::Multiply, 60}},
                                               {"/", {BinaryOp::Divide, 60}},
                                               {"%", {BinaryOp::Modulo, 60}},
                                               {"**", {BinaryOp::Power, 100, true}},
                                               {"^", {BinaryOp::Power, 100, true}},
                                               {"??", {BinaryOp::Coalesce, 500}}}};

constexpr std::array<PredicateForm, 15> kPredicates{{
    {"all", Predicate::All, StaticType::Bool},
    {"any", Predicate::Any, StaticType::Bool},
    {"none", Predicate::None, StaticType::Bool},
    {"one", Predicate::One, StaticType::Bool},
    {"filter", Predicate::Filter, StaticType::Array},
    {"map", Predicate::MapEach, StaticType::Array, false, false},
    {"count", Predicate::Count, StaticType::Number, true},
    {"sum", Predicate::Sum, StaticType::Unknown, true, false},
    {"groupBy", Predicate::GroupBy, StaticType::Groups, false, false},
    {"find", Predicate::Find, StaticType::Unknown},
    {"findIndex", Predicate::FindIndex, StaticType::Unknown},
    {"findLast", Predicate::FindLast, StaticType::Unknown},
    {"findLastIndex", Predicate::FindLastIndex, StaticType::Unknown},
    {"sortBy", Predicate::SortBy, StaticType::Array, false, false},
    {"reduce", Predicate::Reduce, StaticType::Unknown, false, false},
}};

using TypeResult = std::expected<StaticType, std::string>;

bool may_be(StaticType type, StaticType wanted) {
  return type == StaticType::Unknown || type == wanted;
}

bool has_order(StaticType type) {
  return type == StaticType::Unknown || type == StaticType::Number || type == StaticType::Text ||
         type == StaticType::Time || type == StaticType::Span;
}

bool both(StaticType left, StaticType right, StaticType wanted) {
  return may_be(left, wanted) && may_be(right, wanted);
}

TypeResult mismatch(BinaryOp op, StaticType left, StaticType right) {
  return std::unexpected(fmt::format("\"{}\" does not go with {} and {}", to_string(op),
                                     describe(left), describe(right)));
}

TypeResult expect(bool fits, StaticType type, BinaryOp op, StaticType left, StaticType right) {
  if (!fits) return mismatch(op, left, right);
  return type;
}

bool may_be_equal(StaticType left, StaticType right) {
  return left == right || left == StaticType::Unknown || right == StaticType::Unknown ||
         left == StaticType::Null || right == StaticType::Null || (is_list(left) && is_list(right));
}

bool may_be_in(StaticType item, StaticType group) {
  if (group == StaticType::Object) return may_be(item, StaticType::Text);
  return may_be(group, StaticType::Array) ||
         (is_list(group) && may_be_equal(item, element_of(group)));
}

TypeResult type_of_sum(BinaryOp op, StaticType left, StaticType right) {
  const auto adds = [](StaticType type) {
    return has_order(type) && type != StaticType::Text ? true : type == StaticType::Unknown;
  };
  if (left == right && left == StaticType::Number) return StaticType::Number;
  if (op == BinaryOp::Add && both(left, right, StaticType::Text))
    return left == right ? left : StaticType::Unknown;
  return expect(adds(left) && adds(right), StaticType::Unknown, op, left, right);
}

TypeResult type_of_product(BinaryOp op, StaticType left, StaticType right) {
  const auto scales = [](StaticType type) {
    return may_be(type, StaticType::Number) || type == StaticType::Span;
  };
  if (left == right && left == StaticType::Number) return StaticType::Number;
  return expect(scales(left) && scales(right), StaticType::Unknown, op, left, right);
}

}  // namespace

std::string_view describe(StaticType type) {
  switch (type) {
    case StaticType::Unknown:
      return "a value";
    case StaticType::Null:
      return "nil";
    case StaticType::Bool:
      return "true or false";
    case StaticType::Number:
      return "a number";
    case StaticType::Text:
      return "a string";
    case StaticType::Array:
      return "a list";
    case StaticType::Numbers:
      return "a list of numbers";
    case StaticType::Texts:
      return "a list of strings";
    case StaticType::Object:
    case StaticType::Groups:
      return "a map";
    case StaticType::Time:
      return "a time";
    case StaticType::Span:
      return "a duration";
  }
  return "";
}

bool is_list(StaticType type) {
  return type == StaticType::Array || type == StaticType::Numbers || type == StaticType::Texts;
}

StaticType element_of(StaticType list) {
  if (list == StaticType::Numbers) return StaticType::Number;
  return list == StaticType::Texts ? StaticType::Text : StaticType::Unknown;
}

StaticType list_of(StaticType element) {
  if (element == StaticType::Number) return StaticType::Numbers;
  return element == StaticType::Text ? StaticType::Texts : StaticType::Array;
}

std::string_view to_string(BinaryOp op) {
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [op](const Spelling& one) { return one.meaning.op == op; });
  return found == kOperators.end() ? std::string_view{} : found->text;
}

const BinaryOperator* find_binary_operator(std::string_view spelling) {
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [&](const Spelling& one) { return one.text == spelling; });
  return found == kOperators.end() ? nullptr : &found->meaning;
}

bool is_ordering(BinaryOp op) {
  return op == BinaryOp::Less || op == BinaryOp::LessEqual || op == BinaryOp::Greater ||
         op == BinaryOp::GreaterEqual;
}

bool may_be_negated(BinaryOp op) {
  return op == BinaryOp::In || op == BinaryOp::Matches || op == BinaryOp::Contains ||
         op == BinaryOp::StartsWith || op == BinaryOp::EndsWith;
}

StaticType type_of(const Value& value) {
  if (value.as_bool() != nullptr) return StaticType::Bool;
  if (value.is_number()) return StaticType::Number;
  if (value.as_string() != nullptr) return StaticType::Text;
  if (value.as_list() != nullptr) return StaticType::Array;
  if (value.as_map() != nullptr) return StaticType::Object;
  if (value.as_time() != nullptr) return StaticType::Time;
  return value.as_duration() != nullptr ? StaticType::Span : StaticType::Unknown;
}

TypeResult type_of(BinaryOp op, StaticType left, StaticType right) {
  switch (op) {
    case BinaryOp::Or:
    case BinaryOp::And:
      return expect(both(left, right, StaticType::Bool), StaticType::Bool, op, left, right);
    case BinaryOp::Equal:
    case BinaryOp::NotEqual:
      return expect(may_be_equal(left, right), StaticType::Bool, op, left, right);
    case BinaryOp::Less:
    case BinaryOp::LessEqual:
    case BinaryOp::Greater:
    case BinaryOp::GreaterEqual:
      return expect(has_order(left) && has_order(right) && may_be_equal(left, right),
                    StaticType::Bool, op, left, right);
    case BinaryOp::In:
      return expect(may_be_in(left, right), StaticType::Bool, op, left, right);
    case BinaryOp::Contains:
    case BinaryOp::StartsWith:
    case BinaryOp::EndsWith:
    case BinaryOp::Matches:
      return expect(both(left, right, StaticType::Text), StaticType::Bool, op, left, right);
    case BinaryOp::Range:
      return expect(both(left, right, StaticType::Number), StaticType::Numbers, op, left, right);
    case BinaryOp::Add:
    case BinaryOp::Subtract:
      return type_of_sum(op, left, right);
    case BinaryOp::Multiply:
    case BinaryOp::Divide:
      return type_of_product(op, left, right);
    case BinaryOp::Modulo:
    case BinaryOp::Power:
      return expect(both(left, right, StaticType::Number), StaticType::Number, op, left, right);
    case BinaryOp::Coalesce:
      return left == right ? left : StaticType::Unknown;
  }
  return StaticType::Unknown;
}

TypeResult type_of(UnaryOp op, StaticType operand) {
  const bool negation = op == UnaryOp::Not;
  const bool fits = negation ? may_be(operand, StaticType::Bool)
                             : may_be(operand, StaticType::Number) || operand == StaticType::Span;
  if (fits) return negation ? StaticType::Bool : operand;
  return std::unexpected(fmt::format("\"{}\" does not go with {}",
                                     negation               ? "!"
                                     : op == UnaryOp::Minus ? "-"
                                                            : "+",
                                     describe(operand)));
}

const PredicateForm* find_predicate(std::string_view name) {
  const auto* found = std::find_if(kPredicates.begin(), kPredicates.end(),
                                   [&](const PredicateForm& one) { return one.name == name; });
  return found == kPredicates.end() ? nullptr : found;
}

}  // namespace sluice::analysis
