#pragma once

// The condition language of analysis templates: the part of expr-lang that conditions use, with the
// environment that Argo Rollouts gives it (result, asInt, asFloat, isNaN, isInf, isNil, default).
//
// An Expression is compiled once and evaluated often. Both are bounded: text, nesting, steps, and
// the size of what is built. Regular expressions take linear time. There is no way to reach
// anything but `result` and the time that the caller hands in.
//
// Types are expr-lang's: what does not fit is an error, and it is found before anything is
// evaluated where the types are known, that of the result among them.
//
// Differences to expr-lang, all on the side of not crying wolf: reaching into an empty answer and
// comparing with NaN give "no data" (analysis/value.h) in place of a panic and of `false`.

#include "analysis/expression_types.h"
#include "analysis/value.h"
#include "base/result.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::analysis {

inline constexpr size_t kExpressionBytesMax = 16 * 1024;
/// Nested operators, calls and brackets.
inline constexpr int kExpressionDepthMax = 100;
/// Steps of one evaluation: a node visited, or kExpressionSizePerStep elements or bytes worked
/// through. A step takes 80 ns at most, so that no evaluation holds its thread for more than some
/// milliseconds.
inline constexpr int64_t kExpressionStepsMax = 100'000;
/// Elements and bytes of a value that an expression builds, unless the result itself is larger.
inline constexpr size_t kExpressionSizeMax = size_t{64} * 1024;
/// Levels of lists in lists that an expression builds; more than a JSON document may have.
inline constexpr int kExpressionValueDepthMax = 2 * kJsonDepthMax;
/// This many elements or bytes of an operand cost one step; where an order is made, times the
/// number of rounds that it takes.
inline constexpr size_t kExpressionSizePerStep = 8;

struct ExpressionNode;

/// What is wrong with an expression's text and where: `offset` counts bytes from 0.
struct CompileError {
  size_t offset = 0;
  std::string message;

  /// "unknown name "resul" (column 1)": one line, columns from 1.
  std::string to_string() const;
};

/// The line of `text` that holds `offset`, and below it a caret under that place.
std::string caret_lines(std::string_view text, size_t offset);

class Expression {
 public:
  /// Any expression: the start and end of a range query give times. `result` is what is known of
  /// the result's type.
  static std::expected<Expression, CompileError> compile(std::string_view text,
                                                         StaticType result = StaticType::Unknown);
  /// A condition: what is seen at once not to give true or false is an error.
  static std::expected<Expression, CompileError> compile_condition(
      std::string_view text, StaticType result = StaticType::Unknown);

  /// The value; "no data" is a value. Errors are Invalid and say what did not fit.
  Result<Value> evaluate(const Value& result, SystemTime now) const;

  const std::string& text() const { return text_; }

 private:
  Expression(std::string text, std::shared_ptr<const ExpressionNode> root);

  std::string text_;
  std::shared_ptr<const ExpressionNode> root_;
};

}  // namespace sluice::analysis
