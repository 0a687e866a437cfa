#include "kube/api_json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::kube {

Result<Json> parse_api_json(std::string_view text) {
  if (text.size() > kJsonBytesMax)
    return fail(invalid(fmt::format("JSON of {} bytes; at most {}", text.size(), kJsonBytesMax)));
  try {
    // Neither the parser nor the values' destructor recurses.
    Json value = Json::parse(text);
    return value;
  } catch (const Json::exception& error) {
    return fail(invalid(error.what()));
  }
}

bool nested_deeper(const Json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::ranges::any_of(
      value, [levels](const Json& child) { return nested_deeper(child, levels - 1); });
}

}  // namespace sluice::kube
