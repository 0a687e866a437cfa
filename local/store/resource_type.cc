#include "local/store/resource_type.h"

#include "base/letter_case.h"
#include "core/structural_schema.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

using Words = std::vector<std::string>;

/// What is true of some built-in types.
enum Trait : unsigned {
  kPlain = 0,
  kClusterWide = 1,  ///< Lies in no namespace.
  kStatus = 2,       ///< Has the subresource status.
  kGeneration = 4,
  kVersionNeeded = 8,  ///< PUT must bring a resourceVersion.
};

/// One row of the table of built-in types; all are of version v1.
struct Row {
  const char* group;
  const char* plural;
  const char* kind;
  Words short_names;
  unsigned traits = kPlain;
  Words categories = {};
  Words selectable_fields = {};
  Words other_subresources = {};
  std::optional<ScalePaths> scale = std::nullopt;

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

const Row kRows[] = {
    {"", "namespaces", "Namespace", {"ns"}, kClusterWide | kStatus, {}, {"status.phase"}},
    {"", "configmaps", "ConfigMap", {"cm"}},
    {"", "secrets", "Secret", {}, kPlain, {}, {"type"}},
    {"", "serviceaccounts", "ServiceAccount", {"sa"}, kVersionNeeded},
    {"", "services", "Service", {"svc"}, kStatus, {"all"}, {"spec.clusterIP", "spec.type"}},
    {"",
     "pods",
     "Pod",
     {"po"},
     kStatus,
     {"all"},
     {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
      "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"},
     {"log"}},
    {"", "nodes", "Node", {"no"}, kClusterWide | kStatus, {}, {"spec.unschedulable"}},
    {"", "endpoints", "Endpoints", {"ep"}},
    {"",
     "events",
     "Event",
     {"ev"},
     kPlain,
     {},
     {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
      "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
      "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"}},
    {"apps",
     "replicasets",
     "ReplicaSet",
     {"rs"},
     kStatus | kGeneration,
     {"all"},
     {"status.replicas"},
     {},
     ScalePaths{"spec.replicas", "status.replicas", "spec.selector"}},
    {"batch", "jobs", "Job", {}, kStatus | kGeneration, {"all"}, {"status.successful"}},
    {"coordination.k8s.io", "leases", "Lease", {}, kVersionNeeded},
    {"discovery.k8s.io", "endpointslices", "EndpointSlice", {}, kGeneration},
    {"networking.k8s.io", "ingresses", "Ingress", {"ing"}, kStatus | kGeneration},
    {"networking.k8s.io", "ingressclasses", "IngressClass", {}, kClusterWide | kGeneration},
    {"policy", "poddisruptionbudgets", "PodDisruptionBudget", {"pdb"}, kStatus | kGeneration},
    {"apiextensions.k8s.io",
     "customresourcedefinitions",
     "CustomResourceDefinition",
     {"crd", "crds"},
     kClusterWide | kStatus | kGeneration | kVersionNeeded,
     {"api-extensions"}},
};

Json schema_with_kind(const Row& row) {
  Json schema = core::published_schema(core::find_shape(row.kind));
  schema["x-kubernetes-group-version-kind"] =
      Json::array({{{"group", row.group}, {"version", "v1"}, {"kind", row.kind}}});
  return schema;
}

ResourceTypePtr make_type(const Row& row) {
  auto type = std::make_shared<ResourceType>();
  type->group = row.group;
  type->version = "v1";
  type->plural = row.plural;
  type->singular = lower_case(row.kind);
  type->kind = row.kind;
  type->list_kind = type->kind + "List";
  type->short_names = row.short_names;
  type->categories = row.categories;
  type->verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  if (type->kind == "Namespace") std::erase(type->verbs, "deletecollection");
  type->namespaced = !row.is(kClusterWide);
  type->has_status = row.is(kStatus);
  type->has_generation = row.is(kGeneration);
  type->unconditional_update = !row.is(kVersionNeeded);
  type->selectable_fields = row.selectable_fields;
  type->other_subresources = row.other_subresources;
  type->scale = row.scale;
  type->storage_version = type->version;
  type->schema_document = std::make_shared<const Json>(schema_with_kind(row));
  return type;
}

}  // namespace

std::string ResourceType::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

std::string ResourceType::storage_name() const {
  return resource().to_string();
}

const std::vector<ResourceTypePtr>& builtin_types() {
  static const std::vector<ResourceTypePtr> types = [] {
    std::vector<ResourceTypePtr> made;
    for (const Row& row : kRows) made.push_back(make_type(row));
    return made;
  }();
  return types;
}

}  // namespace sluice::local
