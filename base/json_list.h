#pragma once

// Lists within JSON values.

#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The list at the path of find_path, or an empty one where there is none.
const Json& list_at(const Json& value, std::string_view dotted);

/// The texts of the list at the path; what else it holds is passed over.
std::vector<std::string> strings_at(const Json& value, std::string_view dotted);

}  // namespace sluice
