#include "base/object_condition.h"

#include <nlohmann/json.hpp>

namespace sluice {

const Json* find_condition(const Json& status, std::string_view type) {
  const Json* conditions = find_path(status, "conditions");
  if (conditions == nullptr || !conditions->is_array()) return nullptr;
  for (const Json& condition : *conditions)
    if (string_at(condition, "type") == type) return &condition;
  return nullptr;
}

bool has_condition(const Json& status, std::string_view type) {
  const Json* condition = find_condition(status, type);
  return condition != nullptr && string_at(*condition, "status") == "True";
}

}  // namespace sluice
