#pragma once

// What an object's status says of it in its `conditions`, one entry a type.

#include "base/json.h"

#include <string_view>

namespace sluice {

/// The condition of that type in `status`, which holds the list `conditions`; null where there is
/// none.
const Json* find_condition(const Json& status, std::string_view type);

/// There is such a condition, and its status is "True".
bool has_condition(const Json& status, std::string_view type);

}  // namespace sluice
