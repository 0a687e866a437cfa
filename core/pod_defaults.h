#pragma once

// What an API server fills in, and its removal: two documents that differ only in that mean the
// same.

#include "base/json.h"
#include "core/shape.h"

namespace sluice::core {

/// Fills in the server's defaults wherever a struct of the shape is there.
void apply_defaults(Json& value, const Shape& shape);

/// Removes what holds its default or means the same as nothing. The older of two names of one field
/// goes.
void strip_defaults(Json& value, const Shape& shape);

}  // namespace sluice::core
