#pragma once

// What a shape says of values besides their types: what is required, which words and numbers there
// are, which lists have no element twice, what is a quantity. Fields of a wrong type are passed
// over: others tell of them.

#include "base/json.h"
#include "core/fault.h"
#include "core/shape.h"

#include <string>

namespace sluice::core {

/// Checks `value`, which is at `field`, and all below it.
Faults check_values(const Json& value, const Shape& shape, const std::string& field);

}  // namespace sluice::core
