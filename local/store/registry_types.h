#pragma once

// The set of types that are served now: the built-in ones and those of the installed CRDs.

#include "local/store/resource_type.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

class TypeSet {
 public:
  /// Built-in first, then by CRD name (plural.group); within one, the preferred version first.
  std::vector<ResourceTypePtr> all() const;

  /// Counts up with every change.
  uint64_t revision() const { return revision_; }

  /// Null where there is none.
  ResourceTypePtr find(std::string_view group, std::string_view version,
                       std::string_view plural) const;
  /// In the preferred version.
  ResourceTypePtr find_kind(std::string_view group, std::string_view kind) const;
  /// In the preferred version, by ResourceType::storage_name().
  ResourceTypePtr find_stored(const std::string& storage_name) const;

  /// `versions` are those of one CRD, whose name is their storage name; empty takes the type away.
  void set_custom(const std::string& storage_name, std::vector<ResourceTypePtr> versions);

 private:
  std::map<std::string, std::vector<ResourceTypePtr>> custom_;
  uint64_t revision_ = 1;
};

}  // namespace sluice::local
