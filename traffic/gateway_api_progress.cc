#include "traffic/gateway_api_progress.h"

#include "crds/names.h"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

namespace sluice::traffic {
namespace {

using crds::Routes;

/// What an annotation or label says; absent where there is none.
std::optional<std::string> entry_at(const Json& route, const char* map, const std::string& key) {
  const Json* entries = find_path(route, std::string("metadata.") + map);
  if (entries == nullptr || !entries->is_object()) return std::nullopt;
  const auto found = entries->find(key);
  if (found == entries->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// Sets or removes one entry of metadata.labels or metadata.annotations.
void set_entry(const Json& route, const char* map, const std::string& key,
               const std::optional<std::string>& value, Json& patch) {
  if (entry_at(route, map, key) == value) return;
  const Json::json_pointer place = Json::json_pointer("/metadata") / map;
  const std::string path = (place / key).to_string();
  if (!value) {
    patch.push_back({{"op", "remove"}, {"path", path}});
  } else if (route.contains(place) && route.at(place).is_object()) {
    patch.push_back({{"op", "add"}, {"path", path}, {"value", *value}});
  } else {
    // Replaces entries that somebody has put on since: only as long as nobody changed anything.
    const std::string version = string_at(route, "metadata.resourceVersion");
    patch.push_back({{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", version}});
    patch.push_back({{"op", "add"}, {"path", place.to_string()}, {"value", {{key, *value}}}});
  }
}

/// The Services that have weight in a rule that splits; a single backend is no canary.
std::set<std::string> weighted_services(const Json& rules) {
  std::set<std::string> services;
  for (const Json& rule : rules) {
    const Json* backends = find_path(rule, "backendRefs");
    if (backends == nullptr || !backends->is_array() || backends->size() < 2) continue;
    for (const Json& backend : *backends)
      if (int_at(backend, "weight", 1) > 0) services.insert(string_at(backend, "name"));
  }
  return services;
}

std::set<std::string> read_list(const std::string& text) {
  std::set<std::string> names;
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) names.insert(name);
  return names;
}

}  // namespace

void mark_progress(const Json& route, const Json& rules, const Routes& routes,
                   const ProgressLabel& label, Json& patch) {
  if (label.key.empty()) return;
  const std::string list_key(crds::kCanariesInProgressAnnotation);
  std::set<std::string> canaries = read_list(entry_at(route, "annotations", list_key).value_or(""));
  canaries.erase(routes.canary().service);
  const std::set<std::string> weighted = weighted_services(rules);
  std::erase_if(canaries, [&](const std::string& name) { return !weighted.contains(name); });
  if (routes.canary().weight > 0) canaries.insert(routes.canary().service);

  const bool any = !canaries.empty();
  set_entry(route, "labels", label.key, any ? std::optional(label.value) : std::nullopt, patch);
  set_entry(route, "annotations", list_key,
            any ? std::optional(fmt::format("{}", fmt::join(canaries, ","))) : std::nullopt, patch);
}

}  // namespace sluice::traffic
