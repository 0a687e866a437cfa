#pragma once

// An object of any Kubernetes API as Sluice carries it: its kind, typed metadata, and the whole of
// it as shared JSON text. Typing of spec and status happens in the rooms that know the kind.

#include "base/json.h"
#include "base/object_meta.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::kube {

struct Object {
  GroupVersionKind gvk;
  ObjectMeta meta;
  JsonText json;

  /// Parses the whole text (a DOM that should not outlive its use).
  Result<Json> parse() const;
};

/// Takes out of a document what its reader has no use for, before it is kept as text. Names, uid,
/// versions and owners stay.
using Trim = void (*)(Json& document);

/// Makes an Object of a parsed document, trimmed where `trim` is given; errors where apiVersion,
/// kind or metadata are unusable.
Result<Object> make_object(Json document, Trim trim = nullptr);
/// The Object again whose text make_object wrote.
Result<Object> read_object(JsonText text);

/// Who writes as this program, in metadata.managedFields.
inline constexpr std::string_view kFieldManager = "sluice";

/// One resource type as its API serves it.
struct Resource {
  GroupVersionKind gvk;
  std::string plural;
  bool namespaced = true;
  bool has_status = false;
  bool has_scale = false;
  /// How the objects that a store gives out are trimmed; null for whole ones. What is asked for
  /// with it must not be written back.
  Trim trim = nullptr;

  bool operator==(const Resource&) const = default;
};

/// The kinds that Sluice itself reads and writes. This table says which of them has a status
/// subresource: AnalysisRun and Experiment have none.
const std::vector<Resource>& known_resources();
/// The table's row for a group and kind, or null.
const Resource* find_resource(std::string_view group, std::string_view kind);

}  // namespace sluice::kube
