#pragma once

// All objects in memory, found by key, by uid, and by the uid of an owner. It mirrors the database
// and knows no rules.

#include "local/store/stored_object.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sluice::local {

/// The objects of one type, ordered by namespace, then name.
using ObjectsOfType = std::map<ObjectKey, ObjectPtr>;

/// Where an object is: ResourceType::storage_name() and its key.
struct ObjectPlace {
  std::string type;
  ObjectKey key;

  auto operator<=>(const ObjectPlace&) const = default;
};

class ObjectIndex {
 public:
  /// Null where there is no such object.
  ObjectPtr find(const std::string& type, const ObjectKey& key) const;
  /// The objects of a type; an empty map where there are none.
  const ObjectsOfType& of_type(const std::string& type) const;
  /// The place of the object with this uid, or null.
  const ObjectPlace* find_uid(const std::string& uid) const;
  /// The places of the objects that name this uid as an owner.
  std::vector<ObjectPlace> dependents_of(const std::string& owner_uid) const;
  void for_each(const std::function<void(const std::string& type, const ObjectPtr&)>& visit) const;
  /// The objects of all types in one namespace.
  std::vector<ObjectPlace> in_namespace(const std::string& namespace_) const;

  void put(const std::string& type, ObjectPtr object);
  void erase(const std::string& type, const ObjectKey& key);

 private:
  void unlink(const std::string& type, const StoredObject& object);

  std::map<std::string, ObjectsOfType> types_;
  std::unordered_map<std::string, ObjectPlace> by_uid_;
  std::unordered_map<std::string, std::set<ObjectPlace>> by_owner_;
};

}  // namespace sluice::local
