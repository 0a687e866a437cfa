#include "base/object_meta.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

Error wrong_type(std::string_view field, std::string_view expected) {
  return invalid(fmt::format("metadata.{}: must be {}", field, expected));
}

Result<void> read_string(const Json& from, const char* field, std::string& into) {
  const auto found = from.find(field);
  if (found == from.end() || found->is_null()) return {};
  if (!found->is_string()) return fail(wrong_type(field, "a string"));
  into = found->get<std::string>();
  return {};
}

Result<void> read_map(const Json& from, const char* field, StringMap& into) {
  const auto found = from.find(field);
  if (found == from.end() || found->is_null()) return {};
  if (!found->is_object()) return fail(wrong_type(field, "a map of strings"));
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) return fail(wrong_type(fmt::format("{}[{}]", field, key), "a string"));
    into.emplace(key, value.get<std::string>());
  }
  return {};
}

Result<void> read_time(const Json& from, const char* field, std::optional<SystemTime>& into) {
  std::string text;
  if (auto read = read_string(from, field, text); !read) return read;
  if (text.empty()) return {};
  const auto time = parse_time(text);
  if (!time) return fail(time.error().within(fmt::format("metadata.{}", field)));
  into = *time;
  return {};
}

Result<void> read_owners(const Json& from, std::vector<OwnerReference>& into) {
  const auto found = from.find("ownerReferences");
  if (found == from.end() || found->is_null()) return {};
  if (!found->is_array()) return fail(wrong_type("ownerReferences", "a list"));
  for (const Json& owner : *found) {
    if (!owner.is_object()) return fail(wrong_type("ownerReferences", "a list of objects"));
    into.push_back({.api_version = string_at(owner, "apiVersion"),
                    .kind = string_at(owner, "kind"),
                    .name = string_at(owner, "name"),
                    .uid = string_at(owner, "uid"),
                    .controller = bool_at(owner, "controller"),
                    .block_owner_deletion = bool_at(owner, "blockOwnerDeletion")});
  }
  return {};
}

Result<void> read_finalizers(const Json& from, std::vector<std::string>& into) {
  const auto found = from.find("finalizers");
  if (found == from.end() || found->is_null()) return {};
  if (!found->is_array()) return fail(wrong_type("finalizers", "a list of strings"));
  for (const Json& finalizer : *found) {
    if (!finalizer.is_string()) return fail(wrong_type("finalizers", "a list of strings"));
    into.push_back(finalizer.get<std::string>());
  }
  return {};
}

std::string find_or_empty(const StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string{} : found->second;
}

}  // namespace

std::string GroupVersionKind::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

GroupVersionKind make_gvk(std::string_view api_version, std::string_view kind) {
  const size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", std::string(api_version), std::string(kind)};
  return {std::string(api_version.substr(0, slash)), std::string(api_version.substr(slash + 1)),
          std::string(kind)};
}

std::string ObjectKey::to_string() const {
  return namespace_.empty() ? name : namespace_ + "/" + name;
}

const OwnerReference* ObjectMeta::controller() const {
  for (const OwnerReference& owner : owner_references)
    if (owner.controller) return &owner;
  return nullptr;
}

std::string ObjectMeta::label(std::string_view key) const {
  return find_or_empty(labels, key);
}

std::string ObjectMeta::annotation(std::string_view key) const {
  return find_or_empty(annotations, key);
}

Result<ObjectMeta> decode_object_meta(const Json& metadata) {
  ObjectMeta meta;
  if (metadata.is_null()) return meta;
  if (!metadata.is_object()) return fail(invalid("metadata: must be an object"));
  std::optional<SystemTime> created;
  for (const auto& read :
       {read_string(metadata, "name", meta.name),
        read_string(metadata, "generateName", meta.generate_name),
        read_string(metadata, "namespace", meta.namespace_), read_string(metadata, "uid", meta.uid),
        read_string(metadata, "resourceVersion", meta.resource_version),
        read_map(metadata, "labels", meta.labels),
        read_map(metadata, "annotations", meta.annotations),
        read_time(metadata, "creationTimestamp", created),
        read_time(metadata, "deletionTimestamp", meta.deletion_timestamp),
        read_owners(metadata, meta.owner_references), read_finalizers(metadata, meta.finalizers)}) {
    if (!read) return fail(read.error());
  }
  meta.generation = int_at(metadata, "generation");
  meta.creation_timestamp = created.value_or(SystemTime{});
  return meta;
}

Json encode_owner_reference(const OwnerReference& owner) {
  Json out = {{"apiVersion", owner.api_version},
              {"kind", owner.kind},
              {"name", owner.name},
              {"uid", owner.uid}};
  if (owner.controller) out["controller"] = true;
  if (owner.block_owner_deletion) out["blockOwnerDeletion"] = true;
  return out;
}

Json encode_object_meta(const ObjectMeta& meta) {
  Json out = Json::object();
  const auto put = [&out](const char* field, const std::string& value) {
    if (!value.empty()) out[field] = value;
  };
  put("name", meta.name);
  put("generateName", meta.generate_name);
  put("namespace", meta.namespace_);
  put("uid", meta.uid);
  put("resourceVersion", meta.resource_version);
  if (meta.generation != 0) out["generation"] = meta.generation;
  if (meta.creation_timestamp != SystemTime{})
    out["creationTimestamp"] = format_time(meta.creation_timestamp);
  if (meta.deletion_timestamp) out["deletionTimestamp"] = format_time(*meta.deletion_timestamp);
  if (!meta.labels.empty()) out["labels"] = meta.labels;
  if (!meta.annotations.empty()) out["annotations"] = meta.annotations;
  for (const OwnerReference& owner : meta.owner_references)
    out["ownerReferences"].push_back(encode_owner_reference(owner));
  if (!meta.finalizers.empty()) out["finalizers"] = meta.finalizers;
  return out;
}

}  // namespace sluice
