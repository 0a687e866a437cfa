// What CustomResourceDefinitions do to the registry: types come and go with them.

#include "base/log.h"
#include "crds/schema.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

Json condition(const char* type, const char* reason, const char* message, SystemTime now) {
  return {{"type", type},
          {"status", "True"},
          {"reason", reason},
          {"message", message},
          {"lastTransitionTime", format_time(now)}};
}

/// The fields of present objects by which the changed type lets select.
void select_anew(RegistryState& state, const ResourceType& type) {
  const std::string name = type.storage_name();
  for (const auto& [key, object] : ObjectsOfType(state.objects.of_type(name)))
    if (auto anew = make_stored(document_of(*object), type)) state.objects.put(name, *anew);
}

bool has_rules(const std::vector<ResourceTypePtr>& types) {
  return std::ranges::any_of(types, [](const auto& type) { return type->schema->has_rules(); });
}

}  // namespace

ApiResult<void> check_crd(RegistryState& state, const Json& crd) {
  const std::string name = string_at(crd, "metadata.name");
  CheckedCrd& last = state.checked_crd;
  if (last.name == name && last.spec == crd["spec"]) return {};
  auto types = types_of_crd(crd);
  if (!types) return fail(types.error());
  last = {.name = name, .spec = crd["spec"], .types = std::move(*types)};
  return {};
}

void follow_crd(RegistryState& state, const Change& change) {
  const std::string& name = change.after->meta.name;
  if (change.type == kube::WatchEventType::Deleted) {
    state.types.set_custom(name, {});
    state.hub.close(name);
    return;
  }
  const Json after = document_of(*change.after);
  // Status and labels of a CRD change more often than what it defines.
  if (change.before && document_of(*change.before)["spec"] == after["spec"]) return;
  if (auto usable = check_crd(state, after); !usable) {
    log_error("stored CRD cannot be used", {{"crd", name}, {"error", usable.error().message}});
    return;
  }
  std::vector<ResourceTypePtr> types = state.checked_crd.types;
  if (has_rules(types))
    log_warn("x-kubernetes-validations of a CRD are not evaluated", {{"crd", name}});
  const ResourceTypePtr before = state.types.find_stored(name);
  state.types.set_custom(name, std::move(types));
  const ResourceTypePtr type = state.types.find_stored(name);
  if (before && type && before->selectable_fields != type->selectable_fields)
    select_anew(state, *type);
}

ApiResult<void> establish_crd(RegistryState& state, const ObjectKey& key) {
  const ResourceTypePtr type =
      state.types.find_stored("customresourcedefinitions.apiextensions.k8s.io");
  const auto stored = state.require(*type, key);
  if (!stored) return fail(stored.error());
  const Json old = document_of(**stored);
  Json crd = old;
  const SystemTime now = state.clock.system_now();
  crd["status"]["acceptedNames"] = crd["spec"]["names"];
  crd["status"]["conditions"] =
      Json::array({condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
                   condition("Established", "InitialNamesAccepted",
                             "the initial names have been accepted", now)});
  auto done = store_update(state, *type, std::move(crd), old, *stored, false);
  if (!done) return fail(done.error());
  return {};
}

}  // namespace sluice::local
