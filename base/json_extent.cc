#include "base/json_extent.h"

#include <algorithm>

namespace sluice {

JsonExtent extent_of_json(std::string_view text) {
  JsonExtent extent;
  int depth = 0;
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\')
      ++at;
    else if (c == '"')
      in_string = !in_string;
    else if (in_string)
      continue;
    else if (c == ']' || c == '}')
      --depth;
    else if (c == '[' || c == '{')
      extent.nesting = std::max(extent.nesting, ++depth);
    if (c == '[' || c == '{' || c == ',') ++extent.values;
  }
  return extent;
}

}  // namespace sluice
