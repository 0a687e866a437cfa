#include "local/store/resource_type.h"

#include "core/structural_schema.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice::local {
namespace {

/// One row of the table of built-in types.
struct Row {
  const char* group;
  const char* version;
  const char* plural;
  const char* kind;
  std::vector<std::string> short_names;
  bool namespaced = true;
  bool has_status = false;
  bool has_generation = false;
  bool unconditional_update = true;
  std::vector<std::string> categories = {};
  std::vector<std::string> selectable_fields = {};
  std::vector<std::string> other_subresources = {};
  std::optional<ScalePaths> scale = std::nullopt;
};

const Row kRows[] = {
    {.group = "",
     .version = "v1",
     .plural = "namespaces",
     .kind = "Namespace",
     .short_names = {"ns"},
     .namespaced = false,
     .has_status = true,
     .selectable_fields = {"status.phase"}},
    {.group = "",
     .version = "v1",
     .plural = "configmaps",
     .kind = "ConfigMap",
     .short_names = {"cm"}},
    {.group = "",
     .version = "v1",
     .plural = "secrets",
     .kind = "Secret",
     .short_names = {},
     .selectable_fields = {"type"}},
    {.group = "",
     .version = "v1",
     .plural = "serviceaccounts",
     .kind = "ServiceAccount",
     .short_names = {"sa"},
     .unconditional_update = false},
    {.group = "",
     .version = "v1",
     .plural = "services",
     .kind = "Service",
     .short_names = {"svc"},
     .has_status = true,
     .categories = {"all"},
     .selectable_fields = {"spec.clusterIP", "spec.type"}},
    {.group = "",
     .version = "v1",
     .plural = "pods",
     .kind = "Pod",
     .short_names = {"po"},
     .has_status = true,
     .categories = {"all"},
     .selectable_fields = {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
                           "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
                           "status.podIP", "status.nominatedNodeName"},
     .other_subresources = {"log"}},
    {.group = "",
     .version = "v1",
     .plural = "nodes",
     .kind = "Node",
     .short_names = {"no"},
     .namespaced = false,
     .has_status = true,
     .selectable_fields = {"spec.unschedulable"}},
    {.group = "",
     .version = "v1",
     .plural = "endpoints",
     .kind = "Endpoints",
     .short_names = {"ep"}},
    {.group = "",
     .version = "v1",
     .plural = "events",
     .kind = "Event",
     .short_names = {"ev"},
     .selectable_fields = {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
                           "involvedObject.uid", "involvedObject.apiVersion",
                           "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
                           "reportingComponent", "source", "type"}},
    {.group = "apps",
     .version = "v1",
     .plural = "replicasets",
     .kind = "ReplicaSet",
     .short_names = {"rs"},
     .has_status = true,
     .has_generation = true,
     .categories = {"all"},
     .selectable_fields = {"status.replicas"},
     .scale = ScalePaths{"spec.replicas", "status.replicas", "spec.selector"}},
    {.group = "batch",
     .version = "v1",
     .plural = "jobs",
     .kind = "Job",
     .short_names = {},
     .has_status = true,
     .has_generation = true,
     .categories = {"all"},
     .selectable_fields = {"status.successful"}},
    {.group = "coordination.k8s.io",
     .version = "v1",
     .plural = "leases",
     .kind = "Lease",
     .short_names = {},
     .unconditional_update = false},
    {.group = "discovery.k8s.io",
     .version = "v1",
     .plural = "endpointslices",
     .kind = "EndpointSlice",
     .short_names = {},
     .has_generation = true},
    {.group = "networking.k8s.io",
     .version = "v1",
     .plural = "ingresses",
     .kind = "Ingress",
     .short_names = {"ing"},
     .has_status = true,
     .has_generation = true},
    {.group = "networking.k8s.io",
     .version = "v1",
     .plural = "ingressclasses",
     .kind = "IngressClass",
     .short_names = {},
     .namespaced = false,
     .has_generation = true},
    {.group = "apiextensions.k8s.io",
     .version = "v1",
     .plural = "customresourcedefinitions",
     .kind = "CustomResourceDefinition",
     .short_names = {"crd", "crds"},
     .namespaced = false,
     .has_status = true,
     .has_generation = true,
     .unconditional_update = false,
     .categories = {"api-extensions"}},
};

/// The singular is the kind in lower case.
std::string singular_of(std::string kind) {
  std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return std::tolower(c); });
  return kind;
}

Json schema_with_kind(const Row& row) {
  Json schema = core::published_schema(core::find_shape(row.kind));
  schema["x-kubernetes-group-version-kind"] =
      Json::array({{{"group", row.group}, {"version", row.version}, {"kind", row.kind}}});
  return schema;
}

ResourceTypePtr make_type(const Row& row) {
  auto type = std::make_shared<ResourceType>();
  type->group = row.group;
  type->version = row.version;
  type->plural = row.plural;
  type->singular = singular_of(row.kind);
  type->kind = row.kind;
  type->list_kind = type->kind + "List";
  type->short_names = row.short_names;
  type->categories = row.categories;
  type->verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  if (type->kind == "Namespace") std::erase(type->verbs, "deletecollection");
  type->namespaced = row.namespaced;
  type->has_status = row.has_status;
  type->has_generation = row.has_generation;
  type->unconditional_update = row.unconditional_update;
  type->selectable_fields = row.selectable_fields;
  type->other_subresources = row.other_subresources;
  type->scale = row.scale;
  type->storage_version = row.version;
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
