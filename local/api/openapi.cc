#include "local/api/openapi.h"

#include "core/structural_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr std::string_view kObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
constexpr std::string_view kListMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

constexpr const char* kApiVersionText =
    "APIVersion defines the versioned schema of this representation of an object.";
constexpr const char* kKindText = "Kind is the name of the REST resource this object represents.";

Json list_meta_schema() {
  const Json text = {{"type", "string"}};
  return {{"description", "Metadata that lists have."},
          {"type", "object"},
          {"properties", {{"resourceVersion", text}, {"continue", text}}}};
}

Json reference_to(std::string_view schema) {
  return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

Json gvk_extension(const ResourceType& type, const std::string& kind) {
  return {{"group", type.group}, {"version", type.version}, {"kind", kind}};
}

/// "io.k8s.api.apps.v1.ReplicaSet", or with the group turned round, "io.argoproj.v1alpha1.Rollout".
std::string schema_name(const ResourceType& type, const std::string& kind) {
  if (!type.custom) {
    const std::string_view group = std::string_view(type.group).substr(0, type.group.find('.'));
    return fmt::format("io.k8s.api.{}.{}.{}", group.empty() ? "core" : group, type.version, kind);
  }
  std::string turned;
  std::string_view rest = type.group;
  while (!rest.empty()) {
    const size_t dot = rest.rfind('.');
    turned += dot == std::string_view::npos ? rest : rest.substr(dot + 1);
    turned += '.';
    rest = dot == std::string_view::npos ? "" : rest.substr(0, dot);
  }
  return fmt::format("{}{}.{}", turned, type.version, kind);
}

void add_type_meta(Json& schema, std::string_view metadata) {
  Json& properties = schema["properties"];
  properties["apiVersion"] = {{"type", "string"}, {"description", kApiVersionText}};
  properties["kind"] = {{"type", "string"}, {"description", kKindText}};
  properties["metadata"] = {{"description", "Standard metadata."},
                            {"allOf", Json::array({reference_to(metadata)})}};
}

Json object_schema(const ResourceType& type) {
  Json schema = *type.schema_document;
  schema["type"] = "object";
  add_type_meta(schema, kObjectMeta);
  schema["x-kubernetes-group-version-kind"] = Json::array({gvk_extension(type, type.kind)});
  return schema;
}

Json list_schema(const ResourceType& type) {
  Json schema = {{"description", fmt::format("{} is a list of {}.", type.list_kind, type.kind)},
                 {"type", "object"},
                 {"required", {"items"}}};
  add_type_meta(schema, kListMeta);
  schema["properties"]["items"] = {{"type", "array"},
                                   {"items", reference_to(schema_name(type, type.kind))}};
  schema["x-kubernetes-group-version-kind"] = Json::array({gvk_extension(type, type.list_kind)});
  return schema;
}

Json query_parameter_of(std::string_view name, std::string_view text) {
  return {{"name", name},
          {"in", "query"},
          {"description", text},
          {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

Json path_parameter(std::string_view name) {
  return {{"name", name},
          {"in", "path"},
          {"required", true},
          {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

Json operation(const ResourceType& type, std::string_view action, std::string_view method,
               const std::string& answer) {
  Json result = {{"x-kubernetes-action", action},
                 {"x-kubernetes-group-version-kind", gvk_extension(type, type.kind)}};
  result["responses"]["200"] = {
      {"description", "OK"},
      {"content", {{"application/json", {{"schema", reference_to(answer)}}}}}};
  if (method != "get") {
    result["parameters"] = Json::array(
        {query_parameter_of("dryRun", "All: answer as if, but store nothing."),
         query_parameter_of("fieldManager", "Who makes the change."),
         query_parameter_of("fieldValidation",
                            "What to do about unknown and duplicate fields: Ignore, Warn or "
                            "Strict.")});
  }
  return result;
}

void add_paths(const ResourceType& type, Json& paths) {
  const std::string prefix =
      type.group.empty() ? "/api/" + type.version : "/apis/" + type.api_version();
  const std::string collection =
      fmt::format("{}{}/{}", prefix, type.namespaced ? "/namespaces/{namespace}" : "", type.plural);
  const std::string object = schema_name(type, type.kind);
  const std::string list = schema_name(type, type.list_kind);
  Json parameters = Json::array();
  if (type.namespaced) {
    parameters.push_back(path_parameter("namespace"));
    paths[fmt::format("{}/{}", prefix, type.plural)]["get"] = operation(type, "list", "get", list);
  }
  Json& many = paths[collection];
  many["parameters"] = parameters;
  many["get"] = operation(type, "list", "get", list);
  many["post"] = operation(type, "post", "post", object);
  parameters.push_back(path_parameter("name"));
  Json& one = paths[collection + "/{name}"];
  one["parameters"] = parameters;
  one["get"] = operation(type, "get", "get", object);
  one["put"] = operation(type, "put", "put", object);
  one["patch"] = operation(type, "patch", "patch", object);
  one["delete"] = operation(type, "delete", "delete", object);
}

}  // namespace

std::string openapi_index(const ResourceTypes& types, uint64_t revision) {
  Json paths = Json::object();
  for (const ResourceTypePtr& type : types) {
    const std::string path =
        (type->group.empty() ? "api/" + type->version : "apis/" + type->api_version());
    paths[path] = {{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={}", path, revision)}};
  }
  return dump_json({{"paths", std::move(paths)}});
}

std::optional<std::string> openapi_document(const ResourceTypes& types, std::string_view group,
                                            std::string_view version) {
  Json paths = Json::object();
  Json schemas = Json::object();
  for (const ResourceTypePtr& type : types) {
    if (type->group == group && type->version == version) {
      add_paths(*type, paths);
      schemas[schema_name(*type, type->kind)] = object_schema(*type);
      schemas[schema_name(*type, type->list_kind)] = list_schema(*type);
    }
  }
  if (paths.empty()) return std::nullopt;
  schemas[std::string(kObjectMeta)] = core::published_schema(core::find_shape("ObjectMeta"));
  schemas[std::string(kListMeta)] = list_meta_schema();
  return dump_json({{"openapi", "3.0.0"},
                    {"info", {{"title", "Sluice"}, {"version", "v1.32.0"}}},
                    {"paths", std::move(paths)},
                    {"components", {{"schemas", std::move(schemas)}}}});
}

}  // namespace sluice::local
