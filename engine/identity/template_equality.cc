#include "engine/identity/template_equality.h"

#include "core/pod_defaults.h"
#include "crds/names.h"
#include "engine/identity/go_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

Json* child(Json* object, const char* field) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(field);
  return found == object->end() ? nullptr : &*found;
}

void erase(Json* object, std::string_view field) {
  if (object != nullptr && object->is_object()) object->erase(std::string(field));
}

void erase_ephemeral(Json* metadata, const std::string& ephemeral) {
  const Result<Json> injected = parse_json(ephemeral);
  if (!injected || !injected->is_object()) return;
  for (const char* field : {"labels", "annotations"})
    if (const auto part = injected->find(field); part != injected->end() && part->is_object())
      for (const auto& [key, value] : part->items()) erase(child(metadata, field), key);
}

/// The term keeps pods of one revision away from those of another: it names a hash.
bool is_between_revisions(Json& item) {
  Json* weighted = child(&item, "podAffinityTerm");
  Json* selector = child(weighted == nullptr ? &item : weighted, "labelSelector");
  const Json* expressions = child(selector, "matchExpressions");
  if (expressions == nullptr || !expressions->is_array()) return false;
  return std::ranges::any_of(*expressions, [](const Json& expression) {
    return string_at(expression, "key") == crds::kPodTemplateHashLabel;
  });
}

/// The affinity that is empty without the term, and all above it, goes too.
void erase_anti_affinity(Json* spec) {
  Json* affinity = child(spec, "affinity");
  Json* anti = child(affinity, "podAntiAffinity");
  if (anti == nullptr || !anti->is_object()) return;
  bool injected = false;
  for (const char* field : {"requiredDuringSchedulingIgnoredDuringExecution",
                            "preferredDuringSchedulingIgnoredDuringExecution"}) {
    Json* terms = child(anti, field);
    if (terms == nullptr || !terms->is_array()) continue;
    const auto kept = std::remove_if(terms->begin(), terms->end(), is_between_revisions);
    injected = injected || kept != terms->end();
    terms->erase(kept, terms->end());
    if (terms->empty()) anti->erase(field);
  }
  if (!injected) return;
  if (anti->empty()) affinity->erase("podAntiAffinity");
  if (affinity->empty()) spec->erase("affinity");
}

}  // namespace

std::string normalised_template(const JsonText& pod_template, const std::string& ephemeral) {
  if (!pod_template) return "";
  Result<Json> parsed = parse_json(*pod_template);
  if (!parsed || !parsed->is_object()) return "";
  Json* metadata = child(&*parsed, "metadata");
  erase(metadata, "creationTimestamp");
  erase(child(metadata, "labels"), crds::kPodTemplateHashLabel);
  if (!ephemeral.empty()) erase_ephemeral(metadata, ephemeral);
  erase_anti_affinity(child(&*parsed, "spec"));
  core::strip_defaults(*parsed, core::find_shape("PodTemplateSpec"));
  return write_go_json(*parsed, "PodTemplateSpec");
}

bool same_template(const JsonText& left, const JsonText& right) {
  const std::string text = normalised_template(left);
  return !text.empty() && text == normalised_template(right);
}

JsonText with_hash_label(const JsonText& pod_template, const std::string& hash) {
  Result<Json> parsed = pod_template ? parse_json(*pod_template) : Json::object();
  Json document = parsed && parsed->is_object() ? std::move(*parsed) : Json::object();
  document["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
  return make_json_text(dump_json(document));
}

}  // namespace sluice::engine
