#include "crds/schema_list_check.h"

#include "crds/schema.h"
#include "crds/schema_path.h"

#include <map>
#include <utility>

namespace sluice::crds {
namespace {

/// Indices of the items that stand for the second time; further repetitions are not told.
std::vector<size_t> second_occurrences(const std::vector<Json>& items) {
  std::map<Json, size_t> seen;
  std::vector<size_t> repeated;
  for (size_t i = 0; i < items.size(); ++i)
    if (++seen[items[i]] == 2) repeated.push_back(i);
  return repeated;
}

class ListChecker {
 public:
  explicit ListChecker(std::vector<FieldError>& errors) : errors_(errors) {}

  void check(const Json& value, const SchemaNode* node, const SchemaPath& path) {
    if (node == nullptr) return;
    if (value.is_object()) return check_members(value, *node, path);
    if (!value.is_array()) return;
    if (node->list_type == ListType::Set)
      report(second_occurrences(value.get_ref<const Json::array_t&>()), value, path);
    if (node->list_type == ListType::Map) check_map(value, *node, path);
    for (size_t i = 0; i < value.size(); ++i) check(value[i], node->items.get(), path.item(i));
  }

 private:
  void check_members(const Json& value, const SchemaNode& node, const SchemaPath& path) {
    for (const auto& [key, member] : value.items()) {
      const auto property = node.properties.find(key);
      if (property != node.properties.end())
        check(member, property->second.get(), path.member(key));
      else
        check(member, node.additional.get(), path.map_key(key));
    }
  }

  void check_map(const Json& list, const SchemaNode& node, const SchemaPath& path) {
    std::vector<Json> keys;
    for (size_t i = 0; i < list.size(); ++i) {
      const Json& item = list[i];
      if (!item.is_object() && !item.is_null()) {
        const SchemaPath at = path.item(i);
        add({.field = at.field(),
             .type = FieldErrorType::Invalid,
             .value = go_value(item),
             .detail = "must be an object for an array of list-type map",
             .pointer = at.pointer()});
        return;
      }
      Json key = Json::object();
      for (const std::string& name : node.list_map_keys)
        if (item.is_object() && item.contains(name)) key[name] = item[name];
      keys.push_back(std::move(key));
    }
    report(second_occurrences(keys), keys, path);
  }

  void add(FieldError error) {
    if (errors_.size() < kFieldErrorsMax) errors_.push_back(std::move(error));
  }

  template <typename List>
  void report(const std::vector<size_t>& repeated, const List& values, const SchemaPath& path) {
    for (const size_t i : repeated) {
      const SchemaPath at = path.item(i);
      add({.field = at.field(),
           .type = FieldErrorType::Duplicate,
           .value = go_value(values[i]),
           .pointer = at.pointer()});
    }
  }

  std::vector<FieldError>& errors_;
};

}  // namespace

void check_lists(const Json& object, const SchemaNode& root, std::vector<FieldError>& errors) {
  ListChecker(errors).check(object, &root, SchemaPath{});
}

}  // namespace sluice::crds
