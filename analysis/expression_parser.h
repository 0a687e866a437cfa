#pragma once

// The second stage of the condition language: tokens to a tree, names and types checked on the way.

#include "analysis/expression.h"
#include "analysis/expression_ast.h"

#include <expected>
#include <string_view>

namespace sluice::analysis {

std::expected<NodePtr, CompileError> parse_expression(std::string_view text);

}  // namespace sluice::analysis
