#include "analysis/expression.h"

#include "analysis/expression_evaluator.h"
#include "analysis/expression_parser.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::analysis {

std::string CompileError::to_string() const {
  return fmt::format("{} (column {})", message, offset + 1);
}

std::string caret_lines(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const size_t before = offset == 0 ? text.npos : text.rfind('\n', offset - 1);
  const size_t start = before == text.npos ? 0 : before + 1;
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  return fmt::format("{}\n{}^", line, std::string(offset - start, ' '));
}

Expression::Expression(std::string text, std::shared_ptr<const ExpressionNode> root)
    : text_(std::move(text)), root_(std::move(root)) {}

std::expected<Expression, CompileError> Expression::compile(std::string_view text,
                                                            StaticType result) {
  if (text.size() > kExpressionBytesMax) {
    return std::unexpected(CompileError{kExpressionBytesMax,
                                        fmt::format("longer than {} bytes", kExpressionBytesMax)});
  }
  auto root = parse_expression(text, result);
  if (!root) return std::unexpected(root.error());
  return Expression(std::string(text), std::move(*root));
}

std::expected<Expression, CompileError> Expression::compile_condition(std::string_view text,
                                                                      StaticType result) {
  auto expression = compile(text, result);
  if (!expression) return expression;
  const StaticType type = expression->root_->type;
  if (type != StaticType::Unknown && type != StaticType::Bool) {
    return std::unexpected(CompileError{
        0, fmt::format("a condition must give true or false, this gives {}", describe(type))});
  }
  return expression;
}

Result<Value> Expression::evaluate(const Value& result, SystemTime now) const {
  return Evaluator(text_, result, now).evaluate(*root_);
}

}  // namespace sluice::analysis
