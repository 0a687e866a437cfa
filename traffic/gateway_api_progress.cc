#include "traffic/gateway_api_progress.h"

#include "crds/names.h"
#include "traffic/metadata_patch.h"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

namespace sluice::traffic {
namespace {

using crds::Routes;

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
  std::set<std::string> canaries =
      read_list(metadata_entry(route, "annotations", list_key).value_or(""));
  canaries.erase(routes.canary().service);
  const std::set<std::string> weighted = weighted_services(rules);
  std::erase_if(canaries, [&](const std::string& name) { return !weighted.contains(name); });
  if (routes.canary().weight > 0) canaries.insert(routes.canary().service);

  const bool any = !canaries.empty();
  set_metadata_entry(route, "labels", label.key, any ? std::optional(label.value) : std::nullopt,
                     patch);
  set_metadata_entry(
      route, "annotations", list_key,
      any ? std::optional(fmt::format("{}", fmt::join(canaries, ","))) : std::nullopt, patch);
}

}  // namespace sluice::traffic
