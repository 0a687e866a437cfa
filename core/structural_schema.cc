#include "core/structural_schema.h"

#include "core/quantity.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <utility>

namespace sluice::core {
namespace {

constexpr const char* kPreserve = "x-kubernetes-preserve-unknown-fields";
constexpr const char* kIntOrString = "x-kubernetes-int-or-string";
constexpr std::string_view kObjectMeta = "ObjectMeta";
/// A list may be a map in a structural schema if its key is required.
constexpr std::string_view kListMaps = "x-kubernetes-list-type";

void bound(Json& schema, int64_t min, int64_t max) {
  schema["minimum"] = min;
  schema["maximum"] = max;
}

/// A number or a text. int-or-string would refuse `cpu: 0.5`, which Kubernetes takes: so there is
/// no type, and what is neither is shut out by bounds that no list, map or boolean can hold to.
Json quantity_schema() {
  return {{kPreserve, true},
          {"pattern", kQuantityPattern},
          {"minItems", 1},
          {"maxItems", 0},
          {"minProperties", 1},
          {"maxProperties", 0},
          {"not", {{"enum", Json::array({true, false})}}}};
}

Json scalar_schema(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::String:
      return {{"type", "string"}};
    case Shape::Kind::Bytes:
      return {{"type", "string"}, {"format", "byte"}};
    case Shape::Kind::Time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Shape::Kind::Int32:
      return {{"type", "integer"}, {"format", "int32"}};
    case Shape::Kind::Int64:
      return {{"type", "integer"}, {"format", "int64"}};
    case Shape::Kind::Bool:
      return {{"type", "boolean"}};
    case Shape::Kind::IntOrString:
    case Shape::Kind::Quantity:
      return {{kIntOrString, true}};
    case Shape::Kind::Any:
    case Shape::Kind::Object:
    case Shape::Kind::List:
    case Shape::Kind::Map:
      return {{kPreserve, true}};
  }
  return Json::object();
}

/// API servers pass over the format int32: numbers beyond it need bounds.
Json structural_scalar(Shape::Kind kind) {
  if (kind == Shape::Kind::Quantity) return quantity_schema();
  Json schema = scalar_schema(kind);
  if (kind == Shape::Kind::Int32 || kind == Shape::Kind::IntOrString)
    bound(schema, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
  return schema;
}

Json metadata_schema() {
  const Json strings = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  Json created = scalar_schema(Shape::Kind::Time);
  created["nullable"] = true;
  return {
      {"type", "object"},
      {"properties",
       {{"labels", strings}, {"annotations", strings}, {"creationTimestamp", std::move(created)}}}};
}

Json structural_object(const Shape& shape) {
  if (shape.name == kObjectMeta) return metadata_schema();
  Json schema = {{"type", "object"}, {kPreserve, true}};
  for (const ShapeField& field : shape.fields) {
    Json property = structural_schema(*field.shape);
    if (field.unique_key) {
      property[kListMaps] = "map";
      property["x-kubernetes-list-map-keys"] = Json::array({field.merge_key});
    }
    if (field.default_from == DefaultFrom::AlsoSchema) property["default"] = *field.default_value;
    schema["properties"][field.name] = std::move(property);
    if (field.required) schema["required"].push_back(field.name);
  }
  return schema;
}

}  // namespace

Json structural_schema(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::Object:
      return structural_object(shape);
    case Shape::Kind::List:
      return {{"type", "array"}, {"items", structural_schema(*shape.element)}};
    case Shape::Kind::Map:
      return {{"type", "object"}, {"additionalProperties", structural_schema(*shape.element)}};
    case Shape::Kind::Any:
    case Shape::Kind::String:
    case Shape::Kind::Bytes:
    case Shape::Kind::Time:
    case Shape::Kind::Int32:
    case Shape::Kind::Int64:
    case Shape::Kind::Bool:
    case Shape::Kind::IntOrString:
    case Shape::Kind::Quantity:
      return structural_scalar(shape.kind);
  }
  return Json::object();
}

Json published_schema(const Shape& shape) {
  if (shape.kind == Shape::Kind::List)
    return {{"type", "array"}, {"items", published_schema(*shape.element)}};
  if (shape.kind == Shape::Kind::Map)
    return {{"type", "object"}, {"additionalProperties", published_schema(*shape.element)}};
  if (shape.kind != Shape::Kind::Object) return scalar_schema(shape.kind);
  Json properties = Json::object();
  for (const ShapeField& field : shape.fields) {
    Json property = published_schema(*field.shape);
    if (field.merge != ListMerge::Replace) property["x-kubernetes-patch-strategy"] = "merge";
    if (field.merge == ListMerge::ByKey) property["x-kubernetes-patch-merge-key"] = field.merge_key;
    properties[field.name] = std::move(property);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

}  // namespace sluice::core
