#pragma once

// A ResourceType is one kind of object that the embedded cluster serves: how it is named in paths
// and in discovery, which verbs and subresources it has, how it is shown in tables, and the schema
// that its objects obey. Built-in types are compiled in; others come from
// CustomResourceDefinitions.

#include "base/json.h"
#include "base/object_meta.h"
#include "local/store/api_error.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::crds {
class Schema;
}

namespace sluice::local {

/// A column of `kubectl get`, as additionalPrinterColumns of a CRD.
struct PrinterColumn {
  std::string name;
  std::string type;    ///< "string", "integer", "number", "boolean", "date".
  std::string format;  ///< Mostly empty.
  std::string description;
  std::string json_path;  ///< ".spec.replicas".
  int64_t priority = 0;   ///< Above 0: only with `-o wide`.
};

/// Where the scale subresource finds its numbers; dotted paths without the leading dot.
struct ScalePaths {
  std::string spec_replicas;
  std::string status_replicas;
  /// Empty where there is none. For ReplicaSets it is "spec.selector", a LabelSelector; for custom
  /// resources it names a string.
  std::string label_selector;
};

struct ResourceType {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::string list_kind;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  std::vector<std::string> verbs;  ///< In discovery's order: create, delete, …, watch.
  bool namespaced = true;
  bool custom = false;  ///< Comes from a CustomResourceDefinition.
  bool has_status = false;
  std::optional<ScalePaths> scale;
  /// Other subresources that discovery lists, such as "log" of pods.
  std::vector<std::string> other_subresources;
  /// For custom resources only: the built-in tables are drawn by code.
  std::vector<PrinterColumn> printer_columns;
  /// What `fieldSelector` may name besides metadata.name and metadata.namespace.
  std::vector<std::string> selectable_fields;
  /// False: PUT must bring a resourceVersion.
  bool unconditional_update = true;
  /// True: a change of the object raises metadata.generation.
  bool has_generation = false;
  /// The version whose objects are stored; the other served versions differ in apiVersion only.
  std::string storage_version;

  /// The openAPIV3Schema as written; never null. For built-in types it is a light one: fields that
  /// Sluice does not model are `x-kubernetes-preserve-unknown-fields`.
  std::shared_ptr<const Json> schema_document;
  /// The compiled structural schema: of custom resources, null for built-in types.
  std::shared_ptr<const crds::Schema> schema;

  /// No two built-in types have one kind.
  bool is_builtin(std::string_view of_kind) const { return !custom && kind == of_kind; }

  GroupVersionKind gvk() const { return {group, version, kind}; }

  /// "apps/v1", or "v1".
  std::string api_version() const;

  GroupResource resource() const { return {group, plural}; }

  /// "plural.group": what all versions of a type share.
  std::string storage_name() const;
};

/// Types are immutable and shared: a changed CRD makes a new one.
using ResourceTypePtr = std::shared_ptr<const ResourceType>;

/// The types that exist without any CRD.
const std::vector<ResourceTypePtr>& builtin_types();

/// The served versions of a CustomResourceDefinition, the preferred one first. Errors where its
/// schema cannot be used.
ApiResult<std::vector<ResourceTypePtr>> types_of_crd(const Json& crd);

}  // namespace sluice::local
