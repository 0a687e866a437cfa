#pragma once

// Order and identity of values in bulk: lists are sorted in n log n and searched for duplicates in
// n, each value looked at once.

#include "analysis/value.h"
#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sluice::analysis {

/// The indices of the values from the least to the greatest, or the other way round; equal ones
/// keep their order. All must be numbers and not NaN, or texts, times or durations.
Result<std::vector<size_t>> order_of(const List& values, bool descending);

/// The same text for values that are equal, another for others. Nothing for a value that holds NaN:
/// it equals none.
std::optional<std::string> identity_of(const Value& value);

}  // namespace sluice::analysis
