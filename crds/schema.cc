#include "crds/schema.h"

#include "crds/schema_formats.h"
#include "crds/schema_node.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace sluice::crds {
namespace {

/// Carries an Error out of the recursion; Schema::compile catches it.
struct CompileFailure {
  Error error;
};

[[noreturn]] void refuse(const std::string& path, std::string_view message) {
  throw CompileFailure{invalid(fmt::format("{}: {}", path, message))};
}

SchemaNodePtr compile_node(const Json& schema, const std::string& path, int depth);

const Json* find(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  return found == schema.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const Json& schema, const char* key) {
  const Json* value = find(schema, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string text(const Json& schema, const char* key) {
  const Json* value = find(schema, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<double> number(const Json& schema, const char* key) {
  const Json* value = find(schema, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

SizeBounds size_bounds(const Json& schema, const char* min_key, const char* max_key) {
  const auto bound = [&schema](const char* key) -> std::optional<int64_t> {
    const Json* value = find(schema, key);
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    return value->get<int64_t>();
  };
  return {.min = bound(min_key), .max = bound(max_key)};
}

std::vector<std::string> text_list(const Json& schema, const char* key) {
  std::vector<std::string> list;
  const Json* value = find(schema, key);
  if (value == nullptr || !value->is_array()) return list;
  for (const Json& item : *value)
    if (item.is_string()) list.push_back(item.get<std::string>());
  return list;
}

void read_types(const Json& schema, const std::string& path, SchemaNode& node) {
  static constexpr std::array<std::pair<std::string_view, JsonType>, 6> kTypes = {
      {{"object", JsonType::Object},
       {"array", JsonType::Array},
       {"string", JsonType::String},
       {"integer", JsonType::Integer},
       {"number", JsonType::Number},
       {"boolean", JsonType::Boolean}}};
  if (flag(schema, "x-kubernetes-int-or-string")) {
    node.types = static_cast<uint8_t>(JsonType::Integer) | static_cast<uint8_t>(JsonType::String);
    node.type_name = "integer,string";
    return;
  }
  node.type_name = text(schema, "type");
  if (node.type_name.empty()) return;
  for (const auto& [name, type] : kTypes)
    if (name == node.type_name) node.types = static_cast<uint8_t>(type);
  if (node.types == 0) refuse(path, fmt::format("unknown type \"{}\"", node.type_name));
}

void read_scalar_rules(const Json& schema, const std::string& path, SchemaNode& node) {
  node.number = {.minimum = number(schema, "minimum"),
                 .maximum = number(schema, "maximum"),
                 .exclusive_minimum = flag(schema, "exclusiveMinimum"),
                 .exclusive_maximum = flag(schema, "exclusiveMaximum"),
                 .multiple_of = number(schema, "multipleOf")};
  node.length = size_bounds(schema, "minLength", "maxLength");
  node.items_count = size_bounds(schema, "minItems", "maxItems");
  node.members_count = size_bounds(schema, "minProperties", "maxProperties");
  node.unique_items = flag(schema, "uniqueItems");
  if (std::string format = text(schema, "format"); is_known_format(format))
    node.format = std::move(format);
  if (const std::string expression = text(schema, "pattern"); !expression.empty()) {
    auto pattern = Pattern::compile(expression);
    if (!pattern) refuse(path, pattern.error().message);
    node.pattern = std::move(*pattern);
  }
  if (const Json* values = find(schema, "enum"); values != nullptr && values->is_array())
    node.enumeration.assign(values->begin(), values->end());
  if (const Json* value = find(schema, "default")) node.default_value = *value;
}

void read_extensions(const Json& schema, SchemaNode& node) {
  node.nullable = flag(schema, "nullable");
  node.preserve_unknown = flag(schema, "x-kubernetes-preserve-unknown-fields");
  node.embedded_resource = flag(schema, "x-kubernetes-embedded-resource");
  const std::string list_type = text(schema, "x-kubernetes-list-type");
  if (list_type == "set") node.list_type = ListType::Set;
  if (list_type == "map") node.list_type = ListType::Map;
  node.list_map_keys = text_list(schema, "x-kubernetes-list-map-keys");
  const Json* rules = find(schema, "x-kubernetes-validations");
  node.has_rules = rules != nullptr && !rules->empty();
}

std::vector<SchemaNodePtr> compile_list(const Json& schema, const char* key,
                                        const std::string& path, int depth) {
  std::vector<SchemaNodePtr> nodes;
  const Json* list = find(schema, key);
  if (list == nullptr || !list->is_array()) return nodes;
  for (size_t i = 0; i < list->size(); ++i)
    nodes.push_back(compile_node((*list)[i], fmt::format("{}.{}[{}]", path, key, i), depth + 1));
  return nodes;
}

void read_members(const Json& schema, const std::string& path, int depth, SchemaNode& node) {
  node.required = text_list(schema, "required");
  if (const Json* properties = find(schema, "properties")) {
    for (const auto& [key, property] : properties->items()) {
      auto member = compile_node(property, fmt::format("{}.properties.{}", path, key), depth + 1);
      node.has_rules = node.has_rules || member->has_rules;
      node.properties.emplace(key, std::move(member));
    }
  }
  const Json* additional = find(schema, "additionalProperties");
  if (additional == nullptr) return;
  if (additional->is_boolean()) {
    if (!additional->get<bool>()) refuse(path, "additionalProperties must not be false");
    node.additional_members = AdditionalMembers::Any;
    return;
  }
  node.additional_members = AdditionalMembers::Schema;
  node.additional = compile_node(*additional, path + ".additionalProperties", depth + 1);
  node.has_rules = node.has_rules || node.additional->has_rules;
}

SchemaNodePtr compile_node(const Json& schema, const std::string& path, int depth) {
  if (depth > kJsonDepthMax) refuse(path, "nested too deep");
  if (!schema.is_object()) refuse(path, "must be an object");
  auto node = std::make_unique<SchemaNode>();
  read_types(schema, path, *node);
  read_scalar_rules(schema, path, *node);
  read_extensions(schema, *node);
  read_members(schema, path, depth, *node);
  if (const Json* items = find(schema, "items")) {
    node->items = compile_node(*items, path + ".items", depth + 1);
    node->has_rules = node->has_rules || node->items->has_rules;
  }
  node->all_of = compile_list(schema, "allOf", path, depth);
  node->any_of = compile_list(schema, "anyOf", path, depth);
  node->one_of = compile_list(schema, "oneOf", path, depth);
  if (const Json* negated = find(schema, "not"))
    node->negated = compile_node(*negated, path + ".not", depth + 1);
  return node;
}

}  // namespace

Result<Schema> Schema::compile(const Json& open_api_v3_schema) {
  try {
    return Schema(compile_node(open_api_v3_schema, "openAPIV3Schema", 0));
  } catch (const CompileFailure& failure) {
    return fail(failure.error);
  }
}

bool Schema::has_rules() const {
  return root_->has_rules;
}

}  // namespace sluice::crds
