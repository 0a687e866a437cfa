#pragma once

// Writes a JSON value as Go's encoding/json would write the typed struct: field order and omitted
// zero values from go_schema, maps sorted by key, and Go's escaping of strings.

#include "base/json.h"

#include <string>
#include <string_view>

namespace sluice::engine {

/// The text of `value` taken as a `type` of the schema, or as a list of them.
std::string write_go_json(const Json& value, std::string_view type);

}  // namespace sluice::engine
