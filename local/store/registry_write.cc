// Creating, replacing and patching objects.

#include "core/shape.h"
#include "local/store/patch_apply.h"
#include "local/store/registry_admission.h"
#include "local/store/registry_builtin.h"
#include "local/store/registry_decode.h"
#include "local/store/registry_service.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

/// So often a generated name may be taken already before creation gives up.
constexpr int kGeneratedNameTries = 8;
/// Events live an hour, as by default on the real server; old ones go when new ones come.
constexpr Duration kEventLifetime = std::chrono::hours(1);
constexpr Duration kEventSweepInterval = std::chrono::minutes(1);

/// One PUT or PATCH on its way.
struct Update {
  const ResourceType& type;
  const ObjectKey& key;
  Subresource subresource;
  WriteOptions options;
};

bool has_subresource(const ResourceType& type, Subresource subresource) {
  switch (subresource) {
    case Subresource::None:
      return true;
    case Subresource::Status:
      return type.has_status;
    case Subresource::Scale:
      return type.scale.has_value();
  }
  return false;
}

ApiResult<void> check_namespace(const RegistryState& state, const ResourceType& type,
                                const std::string& namespace_, const std::string& name) {
  if (!type.namespaced) return {};
  const ObjectPtr found = state.objects.find("namespaces", {"", namespace_});
  if (!found) return fail(object_not_found({"", "namespaces"}, namespace_));
  if (!found->meta.deletion_timestamp) return {};
  return fail(ApiError{
      403, "Forbidden",
      fmt::format("{} \"{}\" is forbidden: unable to create new content in namespace {} because it "
                  "is being terminated",
                  type.resource().to_string(), name, namespace_),
      ApiDetails{.name = name,
                 .group = type.group,
                 .kind = type.plural,
                 .causes = {{"NamespaceTerminating",
                             fmt::format("namespace {} is being terminated", namespace_),
                             "metadata.namespace"}}}});
}

/// What must hold before a new object gets its identity.
ApiResult<void> check_new(const RegistryState& state, const Json& document,
                          const ResourceType& type, const std::string& namespace_) {
  const Json& metadata = document["metadata"];
  const std::string given = string_at(metadata, "namespace");
  if (type.namespaced && !given.empty() && given != namespace_) {
    return fail(bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
  const std::string version = string_at(metadata, "resourceVersion");
  if (!version.empty() && version != "0")
    return fail(internal_failure("resourceVersion should not be set on objects to be created"));
  return check_namespace(state, type, namespace_, string_at(metadata, "name"));
}

/// Gives the new object its identity, a free name, its first status and its address.
ApiResult<void> prepare_new(RegistryState& state, Json& document, const ResourceType& type,
                            const std::string& namespace_) {
  const bool generated = string_at(document, "metadata.name").empty();
  for (int attempt = 0; attempt < kGeneratedNameTries; ++attempt) {
    if (generated) document["metadata"].erase("name");
    prepare_new_metadata(document["metadata"], type, namespace_, state.new_identity());
    const ObjectKey key{type.namespaced ? namespace_ : "", string_at(document, "metadata.name")};
    if (!generated || !state.objects.find(type.storage_name(), key)) break;
  }
  if (type.custom && type.has_status) document.erase("status");
  const BuiltinRules& rules = builtin_rules(type);
  // Defaults that depend on the name could not be filled in before.
  if (generated && rules.apply_defaults) rules.apply_defaults(document);
  if (rules.prepare_new) rules.prepare_new(document);
  if (type.is_builtin("Service") && wants_address(document)) {
    const auto seed = static_cast<uint32_t>(state.random());
    const std::string address = pick_service_address(state.service_addresses(), seed);
    if (address.empty()) return fail(internal_failure("no address is left for Services"));
    set_service_address(document, address);
  }
  if (type.is_builtin("CustomResourceDefinition")) return check_crd(state, document);
  return {};
}

/// Removes Events that are older than kEventLifetime.
void expire_events(RegistryState& state) {
  const SystemTime now = state.clock.system_now();
  if (now - state.events_expired_at < kEventSweepInterval) return;
  state.events_expired_at = now;
  const ResourceTypePtr type = state.types.find_stored("events");
  std::vector<ObjectPtr> old;
  for (const auto& [key, event] : state.objects.of_type("events"))
    if (now - event->meta.creation_timestamp > kEventLifetime) old.push_back(event);
  for (const ObjectPtr& event : old)
    if (!state.commit(kube::WatchEventType::Deleted, *type, document_of(*event), event)) return;
}

ObjectPtr unstored(const Json& document, const ResourceType& type) {
  auto object = make_stored(document, type);
  return object ? *object : nullptr;
}

/// The state that a write of a subresource leaves: everything else comes from `old`.
void isolate(Json& document, const Json& old, const Update& update) {
  const ResourceType& type = update.type;
  if (update.subresource != Subresource::Status) {
    if (!type.has_status) return;
    document.erase("status");
    if (const auto known = old.find("status"); known != old.end()) document["status"] = *known;
    return;
  }
  Json isolated = old;
  isolated.erase("status");
  if (const auto status = document.find("status"); status != document.end())
    isolated["status"] = *status;
  // Of custom resources nothing else changes; of the built-in types labels and annotations may.
  if (!type.custom) isolated["metadata"] = std::move(document["metadata"]);
  document = std::move(isolated);
}

/// Whether anything but metadata and (where it is a subresource) status differs.
bool generation_rises(const Json& document, const Json& old, const ResourceType& type) {
  if (!type.has_generation) return false;
  const auto counts = [&type](const std::string& key) {
    return key != "metadata" && !(key == "status" && type.has_status);
  };
  for (const auto& [key, value] : document.items()) {
    if (!counts(key)) continue;
    const auto known = old.find(key);
    if (known == old.end() || *known != value) return true;
  }
  return std::ranges::any_of(old.items(), [&](const auto& entry) {
    return counts(entry.key()) && !document.contains(entry.key());
  });
}

ApiResult<void> check_name(const Json& document, const ObjectKey& key) {
  const std::string name = string_at(document, "metadata.name");
  if (!name.empty() && name != key.name) {
    return fail(bad_request(fmt::format(
        "the name of the object ({}) does not match the name on the URL ({})", name, key.name)));
  }
  const std::string given = string_at(document, "metadata.namespace");
  if (!given.empty() && given != key.namespace_) {
    return fail(bad_request(
        fmt::format("the namespace of the object ({}) does not match the namespace on the URL ({})",
                    given, key.namespace_)));
  }
  return {};
}

/// The resourceVersion that the new state claims to be based on.
ApiResult<void> check_version(const Json& document, const StoredObject& old,
                              const ResourceType& type) {
  const std::string given = string_at(document, "metadata.resourceVersion");
  const bool number = std::ranges::all_of(given, [](char c) { return c >= '0' && c <= '9'; });
  if (!number) {
    return fail(internal_failure(
        fmt::format("strconv.ParseUint: parsing {}: invalid syntax", go_quote(given))));
  }
  if ((given.empty() || given == "0") && !type.unconditional_update) {
    return fail(object_invalid(
        type.group, type.plural, old.meta.name,
        {invalid_value("metadata.resourceVersion", "0x0", "must be specified for an update")}));
  }
  if (!given.empty() && given != "0" && given != old.meta.resource_version)
    return fail(object_modified(type.resource(), old.meta.name));
  return {};
}

/// A PUT that names a uid means exactly that object.
ApiResult<void> check_uid(const Json& document, const StoredObject& old, const Update& update) {
  const std::string given = string_at(document, "metadata.uid");
  if (given.empty() || given == old.meta.uid) return {};
  return fail(object_conflict(
      update.type.resource(), update.key.name,
      fmt::format("the UID {} in the body is not the object's, {}", given, old.meta.uid)));
}

/// From a complete new state, in the type's shape, to what is stored.
ApiResult<ObjectPtr> store_new_state(RegistryState& state, const Update& update, Json document,
                                     const Json& old, const ObjectPtr& before) {
  const ResourceType& type = update.type;
  inherit_metadata(document["metadata"], old["metadata"]);
  isolate(document, old, update);
  const BuiltinRules& rules = builtin_rules(type);
  if (rules.inherit) rules.inherit(document, old);
  if (auto valid = validate_change(document, old, type); !valid) return fail(valid.error());
  if (type.is_builtin("CustomResourceDefinition")) {
    if (auto usable = check_crd(state, document); !usable) return fail(usable.error());
  }
  document["metadata"]["resourceVersion"] = before->meta.resource_version;
  if (generation_rises(document, old, type))
    document["metadata"]["generation"] = before->meta.generation + 1;
  return store_update(state, type, std::move(document), old, before, update.options.dry_run);
}

ApiResult<WriteResult> finish(ApiResult<ObjectPtr> stored, const Update& update,
                              std::vector<std::string> warnings) {
  if (!stored) return fail(stored.error());
  if (update.subresource != Subresource::Scale)
    return WriteResult{in_version(*stored, update.type), std::move(warnings)};
  auto scale = scale_answer(document_of(**stored), update.type);
  if (!scale) return fail(scale.error());
  return WriteResult{*scale, std::move(warnings)};
}

/// Takes a Scale over into the object and stores that.
ApiResult<WriteResult> write_scale(RegistryState& state, const Update& update, Json scale,
                                   const ObjectPtr& before) {
  if (auto named = check_name(scale, update.key); !named) return fail(named.error());
  const std::string version = string_at(scale, "metadata.resourceVersion");
  if (!version.empty() && version != before->meta.resource_version)
    return fail(object_modified(update.type.resource(), update.key.name));
  const Json old = document_of(*in_version(before, update.type));
  Json document = old;
  if (auto applied = apply_scale(document, std::move(scale), update.type); !applied)
    return fail(applied.error());
  return finish(store_new_state(state, update, std::move(document), old, before), update, {});
}

}  // namespace

bool is_released(const Json& document) {
  const Json& metadata = document["metadata"];
  if (!metadata.contains("deletionTimestamp")) return false;
  if (metadata.contains("finalizers") && !metadata["finalizers"].empty()) return false;
  const Json* own =
      document["kind"] == "Namespace" ? find_path(document, "spec.finalizers") : nullptr;
  if (own != nullptr && !own->empty()) return false;
  return int_at(metadata, "deletionGracePeriodSeconds") == 0;
}

ApiResult<ObjectPtr> store_update(RegistryState& state, const ResourceType& type, Json document,
                                  const Json& old, const ObjectPtr& before, bool dry_run) {
  const bool released = is_released(document);
  if (!released && document == old) return before;
  if (dry_run) return unstored(document, type);
  const auto kind = released ? kube::WatchEventType::Deleted : kube::WatchEventType::Modified;
  return state.commit(kind, type, std::move(document), before);
}

ApiResult<WriteResult> Registry::create(const ResourceType& type, const std::string& namespace_,
                                        std::string_view body, const WriteOptions& options) {
  std::vector<std::string> duplicates;
  auto document = parse_body(body, type.kind, duplicates);
  if (!document) return fail(document.error());
  auto warnings =
      fit_document(*document, type, duplicates, options.field_validation, DocumentSource::Body);
  if (!warnings) return fail(warnings.error());
  if (auto ready = check_new(*state_, *document, type, namespace_); !ready)
    return fail(ready.error());
  if (auto prepared = prepare_new(*state_, *document, type, namespace_); !prepared)
    return fail(prepared.error());
  if (auto valid = validate_new(*document, type); !valid) return fail(valid.error());
  const ObjectKey key{type.namespaced ? namespace_ : "", string_at(*document, "metadata.name")};
  if (state_->objects.find(type.storage_name(), key))
    return fail(object_already_exists(type.resource(), key.name));
  if (options.dry_run) return WriteResult{unstored(*document, type), std::move(*warnings)};
  auto stored = state_->commit(kube::WatchEventType::Added, type, std::move(*document), nullptr);
  if (!stored) return fail(stored.error());
  if (type.is_builtin("CustomResourceDefinition")) {
    if (auto established = establish_crd(*state_, key); !established)
      return fail(established.error());
  }
  if (type.is_builtin("Event")) expire_events(*state_);
  return WriteResult{in_version(*stored, type), std::move(*warnings)};
}

ApiResult<WriteResult> Registry::update(const ResourceType& type, const ObjectKey& key,
                                        Subresource subresource, std::string_view body,
                                        const WriteOptions& options) {
  if (!has_subresource(type, subresource)) return fail(object_not_found(type.resource(), key.name));
  const Update update{type, key, subresource, options};
  std::vector<std::string> duplicates;
  auto document = parse_body(body, type.kind, duplicates);
  if (!document) return fail(document.error());
  if (subresource == Subresource::Scale) {
    const auto before = state_->require(type, key);
    if (!before) return fail(before.error());
    return write_scale(*state_, update, std::move(*document), *before);
  }
  auto warnings =
      fit_document(*document, type, duplicates, options.field_validation, DocumentSource::Body);
  if (!warnings) return fail(warnings.error());
  if (auto named = check_name(*document, key); !named) return fail(named.error());
  const auto before = state_->require(type, key);
  if (!before) return fail(before.error());
  if (auto same = check_uid(*document, **before, update); !same) return fail(same.error());
  if (auto current = check_version(*document, **before, type); !current)
    return fail(current.error());
  const Json old = document_of(*in_version(*before, type));
  return finish(store_new_state(*state_, update, std::move(*document), old, *before), update,
                std::move(*warnings));
}

ApiResult<WriteResult> Registry::patch(const ResourceType& type, const ObjectKey& key,
                                       Subresource subresource, PatchType patch_type,
                                       std::string_view body, const WriteOptions& options) {
  if (!has_subresource(type, subresource)) return fail(object_not_found(type.resource(), key.name));
  if (type.custom && patch_type == PatchType::Strategic) {
    return fail(unsupported_media_type(
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"));
  }
  const Update update{type, key, subresource, options};
  if (auto fits = check_extent(body); !fits) return fail(fits.error());
  const auto before = state_->require(type, key);
  if (!before) return fail(before.error());
  const Json old = document_of(*in_version(*before, type));
  if (subresource == Subresource::Scale) {
    auto scale = scale_of(old, type);
    if (!scale) return fail(scale.error());
    auto applied = apply_patch(*scale, patch_type, body, &core::find_shape("Scale"));
    if (!applied) return fail(applied.error());
    return write_scale(*state_, update, std::move(*scale), *before);
  }
  Json document = old;
  const core::Shape* shape = type.custom ? nullptr : &core::find_shape(type.kind);
  if (auto applied = apply_patch(document, patch_type, body, shape); !applied)
    return fail(applied.error());
  auto warnings = fit_document(document, type, find_duplicate_keys(body), options.field_validation,
                               DocumentSource::Patch);
  if (!warnings) return fail(warnings.error());
  if (auto named = check_name(document, key); !named) return fail(named.error());
  if (auto current = check_version(document, **before, type); !current)
    return fail(current.error());
  return finish(store_new_state(*state_, update, std::move(document), old, *before), update,
                std::move(*warnings));
}

}  // namespace sluice::local
