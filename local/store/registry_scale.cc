// The scale subresource: an object's number of replicas as a Scale of autoscaling/v1.

#include "core/conform.h"
#include "local/store/registry_decode.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

const ResourceType& scale_type() {
  static const ResourceType type{.group = "autoscaling",
                                 .version = "v1",
                                 .plural = "scales",
                                 .kind = "Scale",
                                 .storage_version = "v1"};
  return type;
}

/// `object` member by member along a dotted path, making what is missing.
Json& make_path(Json& object, std::string_view dotted) {
  Json* at = &object;
  while (true) {
    const size_t dot = dotted.find('.');
    at = &(*at)[std::string(dotted.substr(0, dot))];
    if (dot == std::string_view::npos) return *at;
    dotted.remove_prefix(dot + 1);
  }
}

std::string selector_text(const Json& document, const std::string& path) {
  const Json* selector = path.empty() ? nullptr : find_path(document, path);
  if (selector == nullptr) return "";
  if (selector->is_string()) return selector->get<std::string>();
  return format_label_selector(decode_label_selector(*selector));
}

}  // namespace

ApiResult<Json> scale_of(const Json& document, const ResourceType& type) {
  const ScalePaths& paths = *type.scale;
  if (find_path(document, paths.spec_replicas) == nullptr) {
    const std::string why = fmt::format("there is no field .{}", paths.spec_replicas);
    return fail(ApiError{500, "InternalError", why, ApiDetails{.causes = {{"", why, ""}}}});
  }
  Json metadata = Json::object();
  for (const char* field : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    const auto& known = document["metadata"];
    if (known.contains(field)) metadata[field] = known[field];
  }
  Json scale = {{"apiVersion", "autoscaling/v1"},
                {"kind", "Scale"},
                {"metadata", std::move(metadata)},
                {"spec", Json::object()},
                {"status", {{"replicas", int_at(document, paths.status_replicas)}}}};
  // Go leaves a zero out here, but not in the status.
  if (const int64_t wanted = int_at(document, paths.spec_replicas); wanted != 0)
    scale["spec"]["replicas"] = wanted;
  const std::string selector = selector_text(document, paths.label_selector);
  if (!selector.empty()) scale["status"]["selector"] = selector;
  return scale;
}

ApiResult<void> apply_scale(Json& document, Json scale, const ResourceType& type) {
  std::vector<std::string> unknown;
  if (auto checked = check_kind(scale, scale_type()); !checked) return checked;
  if (const auto error = core::conform(scale, core::find_shape("Scale"), "", unknown))
    return fail(cannot_be_handled(scale_type(), *error));
  ApiCauses negative = negative_numbers(scale, {"spec.replicas"});
  if (!negative.empty()) {
    return fail(object_invalid("autoscaling", "Scale", string_at(document, "metadata.name"),
                               std::move(negative)));
  }
  make_path(document, type.scale->spec_replicas) = int_at(scale, "spec.replicas");
  return {};
}

ApiResult<ObjectPtr> scale_answer(const Json& document, const ResourceType& type) {
  const auto scale = scale_of(document, type);
  if (!scale) return fail(scale.error());
  auto stored = make_stored(*scale, scale_type());
  if (!stored) return fail(internal_failure(stored.error().message));
  return *stored;
}

}  // namespace sluice::local
