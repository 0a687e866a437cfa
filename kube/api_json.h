#pragma once

// The JSON that an API server sends, read with more patience than our own: one object that is
// nested too deep for us must not make a whole list, or the watch that tells of it, unreadable.

#include "base/json.h"

#include <string_view>

namespace sluice::kube {

/// Parses whatever well-formed JSON up to kJsonBytesMax. What is nested deeper than kJsonDepthMax
/// must not be dumped: make_object refuses it.
Result<Json> parse_api_json(std::string_view text);

/// True where arrays and objects are nested more than `levels` deep.
bool nested_deeper(const Json& value, int levels);

}  // namespace sluice::kube
