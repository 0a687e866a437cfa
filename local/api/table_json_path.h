#pragma once

// The part of kubectl's JSONPath that printer columns use: fields, quoted fields, indices, [*] and
// filters of the form [?(@.type=="Ready")].

#include "base/json.h"

#include <string_view>
#include <vector>

namespace sluice::local {

/// All values that the path reaches, in order; none where something is missing or the path is not
/// understood. The pointers live as long as `document`.
std::vector<const Json*> find_by_json_path(const Json& document, std::string_view path);

}  // namespace sluice::local
