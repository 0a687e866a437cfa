#include "traffic/istio_subsets.h"

#include "base/json_list.h"
#include "crds/names.h"
#include "crds/routes.h"
#include "traffic/metadata_patch.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace sluice::traffic {
namespace {

constexpr const char* kAnnotations = "annotations";

/// The hash that a subset selects pods by; "" for none.
std::string hash_of(const Json& subset) {
  const Json* labels = find_path(subset, "labels");
  if (labels == nullptr || !labels->is_object()) return "";
  return labels->value(std::string(crds::kPodTemplateHashLabel), "");
}

std::string manager_of(const Json& rule) {
  return metadata_entry(rule, kAnnotations, std::string(crds::kManagedByAnnotation)).value_or("");
}

void set_hash(const Json& subset, const std::string& place, const std::string& hash, Json& patch) {
  if (hash_of(subset) == hash) return;
  const std::string labels = place + "/labels";
  const std::string path = fmt::format("{}/{}", labels, crds::kPodTemplateHashLabel);
  patch.push_back({{"op", "test"}, {"path", place}, {"value", subset}});
  if (hash.empty())
    patch.push_back({{"op", "remove"}, {"path", path}});
  else if (subset.contains("labels") && subset["labels"].is_object())
    patch.push_back({{"op", "add"}, {"path", path}, {"value", hash}});
  else
    patch.push_back({{"op", "add"},
                     {"path", labels},
                     {"value", {{std::string(crds::kPodTemplateHashLabel), hash}}}});
}

}  // namespace

const Json* find_subset(const Json& rule, const std::string& name) {
  const Json& subsets = list_at(rule, "spec.subsets");
  const auto found = std::ranges::find_if(
      subsets, [&name](const Json& subset) { return string_at(subset, "name") == name; });
  return found == subsets.end() ? nullptr : &*found;
}

std::map<std::string, Selection> subset_selections(const Json& rule, const crds::Subsets& named,
                                                   const std::string& rollout) {
  std::map<std::string, Selection> all;
  const std::string manager = manager_of(rule);
  for (const Json& subset : list_at(rule, "spec.subsets")) {
    const std::string name = string_at(subset, "name");
    const std::string hash = hash_of(subset);
    const bool left = manager == rollout && !hash.empty();
    if (name == named.stable || name == named.canary || left)
      all[crds::subset_side(named.rule, name)] = {hash, manager};
  }
  return all;
}

Json subset_patch(const Json& rule, const std::string& subset, const std::string& hash,
                  const std::string& rollout) {
  Json patch = Json::array();
  const bool ours = manager_of(rule) == rollout;
  if (find_subset(rule, subset) == nullptr || (hash.empty() && !ours)) return patch;
  const Json& subsets = list_at(rule, "spec.subsets");
  bool last = true;
  for (size_t i = 0; i < subsets.size(); ++i)
    if (string_at(subsets[i], "name") == subset)
      set_hash(subsets[i], fmt::format("/spec/subsets/{}", i), hash, patch);
    else
      last = last && hash_of(subsets[i]).empty();
  const std::string name(crds::kManagedByAnnotation);
  if (!hash.empty())
    set_metadata_entry(rule, kAnnotations, name, rollout, patch);
  else if (last)
    set_metadata_entry(rule, kAnnotations, name, std::nullopt, patch);
  return patch;
}

}  // namespace sluice::traffic
