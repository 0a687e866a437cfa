#pragma once

// The compiled form of one schema; private to crds/schema*.

#include "base/pattern.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::crds {

struct SchemaNode;
using SchemaNodePtr = std::unique_ptr<const SchemaNode>;

/// A JSON type as a bit, so that a schema can allow several.
enum class JsonType : uint8_t {
  Object = 1,
  Array = 2,
  String = 4,
  Integer = 8,
  Number = 16,
  Boolean = 32,
};

enum class ListType { Atomic, Set, Map };

/// Whether members that `properties` does not name are allowed by additionalProperties.
enum class AdditionalMembers { Unset, Any, Schema };

struct NumberBounds {
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;
};

/// A closed range of sizes: characters, items or members.
struct SizeBounds {
  std::optional<int64_t> min;
  std::optional<int64_t> max;
};

struct SchemaNode {
  uint8_t types = 0;      ///< JsonType bits; 0 allows any.
  std::string type_name;  ///< "integer,string": the types as messages write them.
  bool nullable = false;
  /// Only formats that the API server knows; others, such as int32, are without effect there too.
  std::string format;
  NumberBounds number;
  SizeBounds length;
  SizeBounds items_count;
  SizeBounds members_count;
  bool unique_items = false;
  std::optional<Pattern> pattern;
  std::vector<Json> enumeration;
  Json default_value;  ///< Null where there is none.

  std::map<std::string, SchemaNodePtr, std::less<>> properties;
  AdditionalMembers additional_members = AdditionalMembers::Unset;
  SchemaNodePtr additional;
  SchemaNodePtr items;
  std::vector<std::string> required;
  std::vector<SchemaNodePtr> all_of;
  std::vector<SchemaNodePtr> any_of;
  std::vector<SchemaNodePtr> one_of;
  SchemaNodePtr negated;

  bool preserve_unknown = false;
  bool embedded_resource = false;
  ListType list_type = ListType::Atomic;
  std::vector<std::string> list_map_keys;
  bool has_rules = false;  ///< Here or anywhere below.

  bool allows(JsonType type) const { return (types & static_cast<uint8_t>(type)) != 0; }

  /// The schema of a member, or null.
  const SchemaNode* member(const std::string& key) const {
    const auto found = properties.find(key);
    if (found != properties.end()) return found->second.get();
    return additional.get();
  }
};

}  // namespace sluice::crds
