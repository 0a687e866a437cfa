#pragma once

// The operators of the condition language and what is known of types before anything is evaluated.
// The type of `result` shows when the answer is there; what lies within a JSON document is
// `Unknown` even then. As in expr-lang, types that are known must fit, and a value of unknown type
// may be compared with anything: it is equal to what is the same.

#include "analysis/value.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis {

enum class StaticType {
  Unknown,
  Null,
  Bool,
  Number,
  Text,
  Array,    ///< A list of anything.
  Numbers,  ///< A list of numbers.
  Texts,    ///< A list of strings.
  Object,
  Groups,  ///< A map by the text of any value, as groupBy gives it.
  Time,
  Span
};

/// As in messages: "a number", "a list".
std::string_view describe(StaticType type);

bool is_list(StaticType type);
/// The type of a list's elements; Unknown for what is no list.
StaticType element_of(StaticType list);
/// The type of a list whose elements all have that type.
StaticType list_of(StaticType element);

enum class UnaryOp { Not, Minus, Plus };

enum class BinaryOp {
  Or,
  And,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  Contains,
  StartsWith,
  EndsWith,
  Matches,
  Range,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Power,
  Coalesce,
};

/// The operator as written: "<=".
std::string_view to_string(BinaryOp op);

/// A binary operator's binding: higher binds tighter.
struct BinaryOperator {
  BinaryOp op;
  int precedence;
  bool right_associative = false;
};

/// The operator of that spelling, symbol or word, or null.
const BinaryOperator* find_binary_operator(std::string_view spelling);

/// <, <=, >, >=: those that may be chained.
bool is_ordering(BinaryOp op);
/// Operators that "not" may precede: x not in y.
bool may_be_negated(BinaryOp op);

inline constexpr int kNotPrecedence = 50;
inline constexpr int kSignPrecedence = 90;

/// What is known of a value's type: of null and of no data nothing, of a list not what is in it.
StaticType type_of(const Value& value);

/// The type of `left op right`, or what is wrong with it for certain.
std::expected<StaticType, std::string> type_of(BinaryOp op, StaticType left, StaticType right);
std::expected<StaticType, std::string> type_of(UnaryOp op, StaticType operand);

/// The functions that take a predicate: all(list, # > 1).
enum class Predicate {
  All,
  Any,
  None,
  One,
  Filter,
  MapEach,
  Count,
  Sum,
  GroupBy,
  Find,
  FindIndex,
  FindLast,
  FindLastIndex,
  SortBy,
  Reduce,
};

struct PredicateForm {
  std::string_view name;
  Predicate predicate;
  StaticType type;
  bool body_optional = false;
  bool body_is_condition = true;
};

const PredicateForm* find_predicate(std::string_view name);

}  // namespace sluice::analysis
