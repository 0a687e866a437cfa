// Deleting: at once, or by marking an object that finalizers or a grace period hold up.

#include "local/store/registry_causes.h"
#include "local/store/registry_pod.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace sluice::local {
namespace {

constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";
/// Holds a CRD up until its objects are gone.
constexpr std::string_view kCrdCleanup = "customresourcecleanup.apiextensions.k8s.io";
constexpr std::array<std::string_view, 2> kLastingNamespaces = {"default", "kube-system"};

ApiResult<void> check_preconditions(const ResourceType& type, const StoredObject& object,
                                    const DeleteOptions& options) {
  // The real server names the kind here, not the plural.
  const GroupResource who{type.group, type.kind};
  if (!options.uid.empty() && options.uid != object.meta.uid) {
    return fail(object_conflict(
        who, object.meta.name,
        fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The "
                    "object might have been deleted and then recreated",
                    options.uid, object.meta.uid)));
  }
  if (!options.resource_version.empty() &&
      options.resource_version != object.meta.resource_version) {
    return fail(object_conflict(
        who, object.meta.name,
        fmt::format("the ResourceVersion in the precondition ({}) does not match the "
                    "ResourceVersion in record ({}). The object might have been modified",
                    options.resource_version, object.meta.resource_version)));
  }
  if (type.is_builtin("Namespace") &&
      std::ranges::find(kLastingNamespaces, object.meta.name) != kLastingNamespaces.end()) {
    return fail(ApiError{403, "Forbidden",
                         fmt::format("namespaces \"{}\" is forbidden: this namespace may not be "
                                     "deleted",
                                     object.meta.name),
                         ApiDetails{.name = object.meta.name, .kind = "namespaces"}});
  }
  return {};
}

void set_finalizer(std::vector<std::string>& finalizers, std::string_view name, bool wanted) {
  const auto found = std::ranges::find(finalizers, name);
  if (wanted && found == finalizers.end()) finalizers.emplace_back(name);
  if (!wanted && found != finalizers.end()) finalizers.erase(found);
}

/// The finalizers with which the object waits for what the propagation policy asks for.
std::vector<std::string> finalizers_for(const ResourceType& type, const StoredObject& object,
                                        const DeleteOptions& options) {
  std::vector<std::string> finalizers = object.meta.finalizers;
  if (options.propagation) {
    set_finalizer(finalizers, kOrphan, *options.propagation == Propagation::Orphan);
    set_finalizer(finalizers, kForeground, *options.propagation == Propagation::Foreground);
  }
  // Once its objects are gone, nothing holds a CRD up again.
  if (type.is_builtin("CustomResourceDefinition") && !object.meta.deletion_timestamp)
    set_finalizer(finalizers, kCrdCleanup, true);
  return finalizers;
}

void set_finalizers(Json& document, const std::vector<std::string>& finalizers) {
  document["metadata"].erase("finalizers");
  if (!finalizers.empty()) document["metadata"]["finalizers"] = finalizers;
}

/// A grace period as it counts: a longer one than this never ends, and would be no time any more.
std::chrono::seconds bounded(int64_t grace) {
  constexpr std::chrono::seconds kGraceMax = std::chrono::years(100);
  return std::chrono::seconds(std::clamp<int64_t>(grace, 0, kGraceMax.count()));
}

/// Sets deletionTimestamp, the grace period and the finalizers.
void mark(Json& document, const std::vector<std::string>& finalizers, int64_t grace,
          SystemTime now) {
  Json& metadata = document["metadata"];
  metadata["deletionTimestamp"] = format_time(now + bounded(grace));
  metadata["deletionGracePeriodSeconds"] = grace;
  if (metadata.contains("generation")) metadata["generation"] = int_at(metadata, "generation") + 1;
  set_finalizers(document, finalizers);
}

/// A second DELETE can only shorten the grace period. False: nothing changes.
bool shorten(Json& document, const StoredObject& object, const DeleteOptions& options) {
  Json& metadata = document["metadata"];
  const int64_t grace = int_at(metadata, "deletionGracePeriodSeconds");
  if (!options.grace_period_seconds || *options.grace_period_seconds >= grace) return false;
  const int64_t period = std::max<int64_t>(*options.grace_period_seconds, 0);
  metadata["deletionTimestamp"] =
      format_time(*object.meta.deletion_timestamp - (bounded(grace) - bounded(period)));
  metadata["deletionGracePeriodSeconds"] = period;
  return true;
}

void mark_namespace(Json& document, SystemTime now) {
  document["metadata"]["deletionTimestamp"] = format_time(now);
  document["status"]["phase"] = "Terminating";
}

Json success_status(const ResourceType& type, const StoredObject& object) {
  Json details = {{"name", object.meta.name}, {"kind", type.plural}, {"uid", object.meta.uid}};
  if (!type.group.empty()) details["group"] = type.group;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

/// Some types answer with the object even where it is gone.
bool answers_with_object(const ResourceType& type) {
  return type.is_builtin("Pod") || type.is_builtin("Service") || type.is_builtin("ServiceAccount");
}

DeleteResult make_result(const ResourceType& type, const ObjectPtr& object, bool removed) {
  const ObjectPtr shown = in_version(object, type);
  const bool status = removed && !answers_with_object(type);
  return {shown, removed, status ? dump_json(success_status(type, *shown)) : *shown->json};
}

/// A second DELETE of what terminates already: a pod may go sooner, other objects may wait for
/// something else, or for nothing any more. Nothing where it stays as it is.
std::optional<Json> next_terminating_state(const ResourceType& type, const StoredObject& before,
                                           const DeleteOptions& options) {
  if (type.is_builtin("Namespace")) return std::nullopt;
  Json document = document_of(before);
  if (type.is_builtin("Pod"))
    return shorten(document, before, options) ? std::optional(std::move(document)) : std::nullopt;
  const std::vector<std::string> finalizers = finalizers_for(type, before, options);
  if (finalizers == before.meta.finalizers) return std::nullopt;
  set_finalizers(document, finalizers);
  return document;
}

/// The document as it goes on: terminating, or in its last state. Nothing where it stays as it is.
std::optional<Json> next_state(const ResourceType& type, const ObjectPtr& before,
                               const DeleteOptions& options, SystemTime now) {
  if (before->meta.deletion_timestamp) return next_terminating_state(type, *before, options);
  Json document = document_of(*before);
  if (type.is_builtin("Namespace")) {
    mark_namespace(document, now);
    return document;
  }
  const int64_t grace =
      type.is_builtin("Pod") ? grace_period_of(document, options.grace_period_seconds) : 0;
  mark(document, finalizers_for(type, *before, options), grace, now);
  return document;
}

}  // namespace

ApiResult<DeleteResult> Registry::remove(const ResourceType& type, const ObjectKey& key,
                                         const DeleteOptions& options) {
  const auto before = state_->require(type, key);
  if (!before) return fail(before.error());
  if (auto checked = check_preconditions(type, **before, options); !checked)
    return fail(checked.error());
  auto document = next_state(type, *before, options, state_->clock.system_now());
  if (!document) return make_result(type, *before, false);
  const bool removed = is_released(*document);
  if (removed && !answers_with_object(type)) *document = document_of(**before);
  if (options.dry_run) {
    auto unstored = make_stored(*document, type);
    if (!unstored) return fail(internal_failure(unstored.error().message));
    return make_result(type, *unstored, removed);
  }
  const auto kind = removed ? kube::WatchEventType::Deleted : kube::WatchEventType::Modified;
  auto stored = state_->commit(kind, type, std::move(*document), *before);
  if (!stored) return fail(stored.error());
  return make_result(type, *stored, removed);
}

ApiResult<void> Registry::finalize_namespace(const std::string& name) {
  const ResourceTypePtr type = state_->types.find_stored("namespaces");
  const auto before = state_->require(*type, {"", name});
  if (!before) return fail(before.error());
  const Json old = document_of(**before);
  Json document = old;
  if (find_path(document, "spec.finalizers") != nullptr) document["spec"].erase("finalizers");
  auto stored = store_update(*state_, *type, std::move(document), old, *before, false);
  if (!stored) return fail(stored.error());
  return {};
}

}  // namespace sluice::local
