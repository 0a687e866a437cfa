#include "local/store/registry_types.h"

#include <algorithm>

namespace sluice::local {

std::vector<ResourceTypePtr> TypeSet::all() const {
  std::vector<ResourceTypePtr> types = builtin_types();
  for (const auto& [name, versions] : custom_)
    types.insert(types.end(), versions.begin(), versions.end());
  return types;
}

ResourceTypePtr TypeSet::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  const std::vector<ResourceTypePtr> types = all();
  const auto found = std::ranges::find_if(types, [&](const ResourceTypePtr& type) {
    return type->group == group && type->version == version && type->plural == plural;
  });
  return found == types.end() ? nullptr : *found;
}

ResourceTypePtr TypeSet::find_kind(std::string_view group, std::string_view kind) const {
  const std::vector<ResourceTypePtr> types = all();
  const auto found = std::ranges::find_if(types, [&](const ResourceTypePtr& type) {
    return type->group == group && type->kind == kind;
  });
  return found == types.end() ? nullptr : *found;
}

ResourceTypePtr TypeSet::find_stored(const std::string& storage_name) const {
  if (const auto custom = custom_.find(storage_name); custom != custom_.end())
    return custom->second.front();
  static const std::map<std::string, ResourceTypePtr> builtin = [] {
    std::map<std::string, ResourceTypePtr> by_name;
    for (const ResourceTypePtr& type : builtin_types()) by_name.emplace(type->storage_name(), type);
    return by_name;
  }();
  const auto found = builtin.find(storage_name);
  return found == builtin.end() ? nullptr : found->second;
}

void TypeSet::set_custom(const std::string& storage_name, std::vector<ResourceTypePtr> versions) {
  if (versions.empty())
    custom_.erase(storage_name);
  else
    custom_[storage_name] = std::move(versions);
  ++revision_;
}

}  // namespace sluice::local
