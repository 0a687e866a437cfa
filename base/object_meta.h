#pragma once

// The typed part of any Kubernetes object's metadata: what the engine, the watch cache and the
// stores look at. Everything else of an object stays text.

#include "base/json.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// Which kind of object: apiVersion and kind. The core group is "".
struct GroupVersionKind {
  std::string group;
  std::string version;
  std::string kind;

  /// "apps/v1", or "v1" for the core group.
  std::string api_version() const;
  auto operator<=>(const GroupVersionKind&) const = default;
};

/// Splits "apps/v1" (or "v1") and a kind.
GroupVersionKind make_gvk(std::string_view api_version, std::string_view kind);

/// Where an object lives; `namespace_` is empty for cluster-scoped kinds.
struct ObjectKey {
  std::string namespace_;
  std::string name;

  /// "namespace/name", or "name".
  std::string to_string() const;
  auto operator<=>(const ObjectKey&) const = default;
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  bool block_owner_deletion = false;

  bool operator==(const OwnerReference&) const = default;
};

using StringMap = std::map<std::string, std::string, std::less<>>;

struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string namespace_;
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  SystemTime creation_timestamp{};
  std::optional<SystemTime> deletion_timestamp;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;

  ObjectKey key() const { return {namespace_, name}; }

  /// The owner that is marked as controller, or null.
  const OwnerReference* controller() const;
  /// The label's or annotation's value, or "".
  std::string label(std::string_view key) const;
  std::string annotation(std::string_view key) const;

  bool operator==(const ObjectMeta&) const = default;
};

/// Reads `metadata`; wrong types are errors that name the field.
Result<ObjectMeta> decode_object_meta(const Json& metadata);
/// Writes `metadata` with the fields that are set.
Json encode_object_meta(const ObjectMeta& meta);
Json encode_owner_reference(const OwnerReference& owner);

}  // namespace sluice
