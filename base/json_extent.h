#pragma once

// How much a JSON text holds, told without parsing it: what brackets and commas outside strings
// say. For bounds on what comes from outside.

#include <cstddef>
#include <string_view>

namespace sluice {

struct JsonExtent {
  int nesting = 0;    ///< Of well-formed text; of other text a number.
  size_t values = 1;  ///< What it costs to handle. Empty objects and lists count twice.
};

JsonExtent extent_of_json(std::string_view text);

}  // namespace sluice
