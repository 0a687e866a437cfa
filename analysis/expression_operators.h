#pragma once

// What operators do with values. The evaluator has dealt with "no data" and NaN before.

#include "analysis/expression_types.h"
#include "analysis/value.h"
#include "base/result.h"

namespace sluice::analysis {

/// <, <=, >, >=, == and !=: with NaN they say nothing.
bool is_comparison(BinaryOp op);

Result<Value> apply(UnaryOp op, const Value& operand);
/// Any operator but or, and, ??. Whole numbers stay whole except in divisions and powers.
Result<Value> apply(BinaryOp op, const Value& left, const Value& right);

}  // namespace sluice::analysis
