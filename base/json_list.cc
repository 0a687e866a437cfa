#include "base/json_list.h"

#include <nlohmann/json.hpp>

namespace sluice {

const Json& list_at(const Json& value, std::string_view dotted) {
  static const Json none = Json::array();
  const Json* found = find_path(value, dotted);
  return found != nullptr && found->is_array() ? *found : none;
}

std::vector<std::string> strings_at(const Json& value, std::string_view dotted) {
  std::vector<std::string> texts;
  for (const Json& item : list_at(value, dotted))
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

}  // namespace sluice
