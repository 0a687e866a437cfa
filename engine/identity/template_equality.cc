#include "engine/identity/template_equality.h"

#include "base/digest.h"
#include "core/pod_defaults.h"
#include "crds/names.h"
#include "crds/pod_overlay.h"
#include "engine/identity/go_json.h"

#include <nlohmann/json.hpp>

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

}  // namespace

std::string normalised_template(const JsonText& pod_template, const StringMap& annotations) {
  if (!pod_template) return "";
  Result<Json> parsed = parse_json(*pod_template);
  return parsed ? normalised_template(*std::move(parsed), annotations) : "";
}

std::string normalised_template(Json pod_template, const StringMap& annotations) {
  if (!pod_template.is_object()) return "";
  pod_template = crds::bare_template(std::move(pod_template), annotations);
  Json* metadata = child(&pod_template, "metadata");
  erase(metadata, "creationTimestamp");
  erase(child(metadata, "labels"), crds::kPodTemplateHashLabel);
  core::strip_defaults(pod_template, core::find_shape("PodTemplateSpec"));
  return write_go_json(pod_template, "PodTemplateSpec");
}

std::string digest_of(const std::string& normalised) {
  constexpr size_t kBytes = 16;  // 128 bits: nobody makes two templates meet.
  return normalised.empty() ? "" : to_hex(sha256(normalised).substr(0, kBytes));
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
