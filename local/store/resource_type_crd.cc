// Types that come from CustomResourceDefinitions.

#include "base/json_list.h"
#include "crds/schema.h"
#include "local/store/resource_type.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice::local {
namespace {

/// ".spec.replicas" → "spec.replicas".
std::string without_dot(std::string path) {
  if (path.starts_with('.')) path.erase(0, 1);
  return path;
}

std::vector<PrinterColumn> columns_of(const Json& version) {
  std::vector<PrinterColumn> columns;
  for (const Json& column : list_at(version, "additionalPrinterColumns")) {
    columns.push_back({.name = string_at(column, "name"),
                       .type = string_at(column, "type"),
                       .format = string_at(column, "format"),
                       .description = string_at(column, "description"),
                       .json_path = string_at(column, "jsonPath"),
                       .priority = int_at(column, "priority")});
  }
  if (columns.empty())
    columns.push_back({.name = "Age", .type = "date", .json_path = ".metadata.creationTimestamp"});
  return columns;
}

void read_subresources(const Json& version, ResourceType& type) {
  type.has_status = find_path(version, "subresources.status") != nullptr;
  if (const Json* scale = find_path(version, "subresources.scale"); scale != nullptr) {
    type.scale = ScalePaths{without_dot(string_at(*scale, "specReplicasPath")),
                            without_dot(string_at(*scale, "statusReplicasPath")),
                            without_dot(string_at(*scale, "labelSelectorPath"))};
  }
}

void read_names(const Json& spec, ResourceType& type) {
  type.group = string_at(spec, "group");
  type.plural = string_at(spec, "names.plural");
  type.singular = string_at(spec, "names.singular");
  type.kind = string_at(spec, "names.kind");
  type.list_kind = string_at(spec, "names.listKind", type.kind + "List");
  type.short_names = strings_at(spec, "names.shortNames");
  type.categories = strings_at(spec, "names.categories");
  type.namespaced = string_at(spec, "scope") == "Namespaced";
}

ApiResult<std::shared_ptr<ResourceType>> type_of_version(const Json& crd, const Json& version,
                                                         size_t index) {
  const Json& spec = crd["spec"];
  auto type = std::make_shared<ResourceType>();
  read_names(spec, *type);
  type->version = string_at(version, "name");
  type->verbs = {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"};
  type->custom = true;
  type->has_generation = true;
  type->unconditional_update = false;
  type->printer_columns = columns_of(version);
  read_subresources(version, *type);
  for (const Json& field : list_at(version, "selectableFields"))
    type->selectable_fields.push_back(without_dot(string_at(field, "jsonPath")));
  const Json* document = find_path(version, "schema.openAPIV3Schema");
  const std::string place = fmt::format("spec.versions[{}].schema.openAPIV3Schema", index);
  const std::string name = string_at(crd, "metadata.name");
  if (document == nullptr) {
    return fail(
        object_invalid("apiextensions.k8s.io", "CustomResourceDefinition", name,
                       {{"FieldValueRequired", "Required value: schemas are required", place}}));
  }
  auto schema = crds::Schema::compile(*document);
  if (!schema) {
    return fail(object_invalid("apiextensions.k8s.io", "CustomResourceDefinition", name,
                               {{"FieldValueInvalid", schema.error().message, place}}));
  }
  type->schema_document = std::make_shared<const Json>(*document);
  type->schema = std::make_shared<const crds::Schema>(std::move(*schema));
  return type;
}

/// Kubernetes' order of versions: stable before beta before alpha, higher numbers first.
std::pair<int, int64_t> rank_of(const std::string& version) {
  int64_t major = 0;
  size_t at = 1;
  while (at < version.size() && std::isdigit(static_cast<unsigned char>(version[at])) != 0)
    major = major * 10 + (version[at++] - '0');
  const std::string rest = version.substr(std::min(at, version.size()));
  return {rest.empty() ? 2 : rest.starts_with("beta") ? 1 : 0, major};
}

}  // namespace

ApiResult<std::vector<ResourceTypePtr>> types_of_crd(const Json& crd) {
  std::vector<std::shared_ptr<ResourceType>> types;
  std::string stored;
  const Json& versions = list_at(crd, "spec.versions");
  for (size_t index = 0; index < versions.size(); ++index) {
    const Json& version = versions[index];
    if (bool_at(version, "storage")) stored = string_at(version, "name");
    if (!bool_at(version, "served")) continue;
    auto type = type_of_version(crd, version, index);
    if (!type) return fail(type.error());
    types.push_back(std::move(*type));
  }
  std::ranges::stable_sort(types, std::ranges::greater{},
                           [](const auto& type) { return rank_of(type->version); });
  std::vector<ResourceTypePtr> out;
  for (const auto& type : types) {
    type->storage_version = stored;
    out.push_back(type);
  }
  return out;
}

}  // namespace sluice::local
