// Defaults and pruning.

#include "crds/schema.h"
#include "crds/schema_node.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::crds {
namespace {

constexpr std::array<std::string_view, 3> kResourceMembers = {"apiVersion", "kind", "metadata"};

constexpr std::array<std::string_view, 15> kMetadataMembers = {
    "name",       "generateName",      "namespace",    "selfLink",
    "uid",        "resourceVersion",   "generation",   "creationTimestamp",
    "labels",     "deletionTimestamp", "annotations",  "deletionGracePeriodSeconds",
    "finalizers", "ownerReferences",   "managedFields"};

template <size_t N>
bool is_one_of(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void default_null(Json& value, const SchemaNode& node) {
  if (value.is_null() && !node.nullable) value = node.default_value;
}

void apply_node_defaults(Json& value, const SchemaNode& node) {
  if (value.is_object()) {
    for (const auto& [key, member] : node.properties) {
      if (member->default_value.is_null()) continue;
      const auto found = value.find(key);
      if (found == value.end())
        value[key] = member->default_value;
      else
        default_null(*found, *member);
    }
    for (auto& [key, member_value] : value.items()) {
      const SchemaNode* member = node.member(key);
      if (member == nullptr) continue;
      default_null(member_value, *member);
      apply_node_defaults(member_value, *member);
    }
  } else if (value.is_array() && node.items != nullptr) {
    for (Json& item : value) {
      default_null(item, *node.items);
      apply_node_defaults(item, *node.items);
    }
  }
}

/// Nulls that no default replaced and that the schema does not allow count as absent.
void drop_nulls(Json& value, const SchemaNode* node) {
  if (node == nullptr) return;
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end();) {
      const SchemaNode* schema = node->member(member.key());
      const bool drop = member->is_null() && schema != nullptr && !schema->nullable &&
                        schema->default_value.is_null();
      if (drop) {
        member = value.erase(member);
        continue;
      }
      drop_nulls(*member, schema);
      ++member;
    }
  } else if (value.is_array()) {
    for (Json& item : value) drop_nulls(item, node->items.get());
  }
}

class Pruner {
 public:
  std::vector<std::string> take() {
    std::sort(unknown_.begin(), unknown_.end());
    return std::move(unknown_);
  }

  /// A null `node` knows no member at all.
  void prune(Json& value, const SchemaNode* node, bool embedded) {
    if (node != nullptr && node->preserve_unknown) return prune_known(value, *node, embedded);
    if (value.is_array()) return prune_items(value, node == nullptr ? nullptr : node->items.get());
    if (!value.is_object()) return;
    for (auto member = value.begin(); member != value.end();) {
      if (embedded && is_one_of(member.key(), kResourceMembers)) {
        ++member;
        continue;
      }
      if (!visit_member(member.key(), *member, node)) {
        unknown_.push_back(child_path(member.key()));
        member = value.erase(member);
        continue;
      }
      ++member;
    }
  }

 private:
  /// Inside preserved members: only what has a schema of its own is pruned.
  void prune_known(Json& value, const SchemaNode& node, bool embedded) {
    if (value.is_array()) {
      for (size_t i = 0; node.items != nullptr && i < value.size(); ++i) {
        const size_t end = path_.size();
        path_ += fmt::format("[{}]", i);
        prune_known(value[i], *node.items, node.items->embedded_resource);
        path_.resize(end);
      }
      return;
    }
    if (!value.is_object()) return;
    for (auto& [key, member] : value.items()) {
      if (embedded && is_one_of(key, kResourceMembers)) continue;
      visit_member(key, member, &node);
    }
  }

  void prune_items(Json& list, const SchemaNode* items) {
    for (size_t i = 0; i < list.size(); ++i) {
      const size_t end = path_.size();
      path_ += fmt::format("[{}]", i);
      prune(list[i], items, items != nullptr && items->embedded_resource);
      path_.resize(end);
    }
  }

  /// False where the schema does not know the member.
  bool visit_member(const std::string& key, Json& value, const SchemaNode* node) {
    if (node == nullptr) return false;
    const SchemaNode* member = node->member(key);
    if (member == nullptr && node->additional_members == AdditionalMembers::Unset) return false;
    const size_t end = path_.size();
    path_ = child_path(key);
    prune(value, member, member != nullptr && member->embedded_resource);
    path_.resize(end);
    return true;
  }

  std::string child_path(const std::string& key) const {
    return path_.empty() ? key : path_ + '.' + key;
  }

  std::string path_;
  std::vector<std::string> unknown_;
};

std::vector<std::string> prune_metadata(Json& object) {
  std::vector<std::string> unknown;
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return unknown;
  for (auto member = metadata->begin(); member != metadata->end();) {
    if (is_one_of(member.key(), kMetadataMembers)) {
      ++member;
    } else {
      unknown.push_back("metadata." + member.key());
      member = metadata->erase(member);
    }
  }
  return unknown;
}

}  // namespace

void Schema::apply_defaults(Json& object) const {
  apply_node_defaults(object, *root_);
}

std::vector<std::string> Schema::prune(Json& object) const {
  if (!object.is_object()) return {};
  std::vector<std::string> unknown = prune_metadata(object);
  Pruner pruner;
  pruner.prune(object, root_.get(), true);
  const std::vector<std::string> fields = pruner.take();
  unknown.insert(unknown.end(), fields.begin(), fields.end());
  drop_nulls(object, root_.get());
  return unknown;
}

std::vector<std::string> Schema::members_at(std::string_view field) const {
  if (field == "metadata") return {kMetadataMembers.begin(), kMetadataMembers.end()};
  const SchemaNode* node = root_.get();
  while (node != nullptr && !field.empty()) {
    if (field.starts_with('[')) {
      field.remove_prefix(std::min(field.find(']'), field.size() - 1) + 1);
      node = node->items.get();
      continue;
    }
    if (field.starts_with('.')) field.remove_prefix(1);
    const size_t end = std::min(field.find_first_of(".["), field.size());
    node = node->member(std::string(field.substr(0, end)));
    field.remove_prefix(end);
  }
  std::vector<std::string> members;
  if (node == nullptr) return members;
  for (const auto& [name, member] : node->properties) members.push_back(name);
  return members;
}

}  // namespace sluice::crds
