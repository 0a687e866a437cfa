#include "local/store/registry_stored.h"

#include "base/ensure.h"
#include "base/whole_number.h"
#include "local/store/registry_builtin.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

/// Scalars as field selectors compare them: strings as they are, the others as JSON.
std::string field_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

}  // namespace

Result<ObjectPtr> make_stored(const Json& document, const ResourceType& type) {
  auto meta = decode_object_meta(document.value("metadata", Json::object()));
  if (!meta) return fail(meta.error());
  auto object = std::make_shared<StoredObject>();
  object->gvk = make_gvk(string_at(document, "apiVersion"), type.kind);
  object->meta = std::move(*meta);
  object->json = make_json_text(dump_json(document));
  object->version = whole_number(object->meta.resource_version).value_or(0);
  for (const std::string& path : type.selectable_fields) {
    const Json* value = find_path(document, path);
    if (value != nullptr && value->is_primitive() && !value->is_null())
      object->fields.emplace(path, field_text(*value));
  }
  if (const auto add_fields = builtin_rules(type).add_fields) add_fields(document, object->fields);
  return object;
}

ObjectPtr in_version(const ObjectPtr& object, const ResourceType& type) {
  if (object->gvk.version == type.version) return object;
  Json document = document_of(*object);
  document["apiVersion"] = type.api_version();
  auto copy = std::make_shared<StoredObject>(*object);
  copy->gvk.version = type.version;
  copy->json = make_json_text(dump_json(document));
  return copy;
}

Json document_of(const StoredObject& object) {
  // Without the bounds and the error text of parse_json: what is stored went through it once.
  Json document = Json::parse(*object.json, nullptr, false);
  SLUICE_ENSURE(!document.is_discarded(), fmt::format("{} is no JSON", object.meta.uid));
  return document;
}

}  // namespace sluice::local
