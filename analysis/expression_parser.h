#pragma once

// The second stage of the condition language: tokens to a tree, names and types checked on the way.

#include "analysis/expression.h"
#include "analysis/expression_ast.h"

#include <expected>
#include <string_view>

namespace sluice::analysis {

/// `result` is what is known of the result's type.
std::expected<NodePtr, CompileError> parse_expression(std::string_view text, StaticType result);

}  // namespace sluice::analysis
