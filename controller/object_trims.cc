#include "controller/object_trims.h"

#include "base/object_condition.h"
#include "engine/snapshot.h"
#include "kube/field_managers.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace sluice::controller {
namespace {

constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

Json* member(Json* object, const char* field) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(field);
  return found == object->end() ? nullptr : &*found;
}

/// Leaves nothing of an object but these fields.
void keep_only(Json* object, std::initializer_list<const char*> fields) {
  if (object == nullptr) return;
  Json kept = Json::object();
  for (const char* field : fields)
    if (Json* found = member(object, field)) kept[field] = std::move(*found);
  *object = std::move(kept);
}

void trim_metadata(Json& document, std::initializer_list<std::string_view> written) {
  Json* metadata = member(&document, "metadata");
  if (metadata == nullptr || !metadata->is_object()) return;
  kube::keep_last_writers(document, written);
  Json* annotations = member(metadata, "annotations");
  if (annotations != nullptr && annotations->is_object()) annotations->erase(kLastApplied);
}

/// What the annotations of trimmed or whole metadata say; entries that are no texts are left out.
StringMap annotations_of(Json& document) {
  StringMap annotations;
  const Json* entries = member(member(&document, "metadata"), "annotations");
  if (entries == nullptr || !entries->is_object()) return annotations;
  for (const auto& [key, value] : entries->items())
    if (value.is_string()) annotations.emplace(key, value.get<std::string>());
  return annotations;
}

/// What an overlay may change of a pod template.
Json overlaid_part(Json& pod_template) {
  Json part = Json::object();
  if (const Json* metadata = member(&pod_template, "metadata")) part["metadata"] = *metadata;
  if (Json* spec = member(&pod_template, "spec")) {
    part["spec"] = Json::object();
    if (const Json* affinity = member(spec, "affinity")) part["spec"]["affinity"] = *affinity;
  }
  return part;
}

/// Why the pods cannot be created is all that is read of the conditions.
void trim_conditions(Json* status) {
  Json* conditions = member(status, "conditions");
  if (conditions == nullptr) return;
  if (has_condition(*status, "ReplicaFailure"))
    *conditions = Json::array({*find_condition(*status, "ReplicaFailure")});
  else
    status->erase("conditions");
}

}  // namespace

std::string template_digest_of(const Json& replica_set) {
  return string_at(replica_set, fmt::format("spec.{}", kTemplateDigest));
}

void trim_object(Json& document) {
  trim_metadata(document, {""});
}

void trim_rollout(Json& document) {
  trim_metadata(document, {"", "status"});
}

void trim_replica_set(Json& document) {
  trim_metadata(document, {""});
  Json* spec = member(&document, "spec");
  Json* pod_template = member(spec, "template");
  if (pod_template != nullptr) {
    Json kept = overlaid_part(*pod_template);
    std::string digest =
        engine::template_digest(std::exchange(*pod_template, {}), annotations_of(document));
    *pod_template = std::move(kept);
    keep_only(spec, {"replicas", "template"});
    (*spec)[std::string(kTemplateDigest)] = std::move(digest);
  }
  Json* status = member(&document, "status");
  trim_conditions(status);
  keep_only(status, {"replicas", "readyReplicas", "availableReplicas", "conditions"});
}

void trim_service(Json& document) {
  trim_metadata(document, {""});
  keep_only(member(&document, "spec"), {"selector"});
  document.erase("status");
}

}  // namespace sluice::controller
