#include "traffic/metadata_patch.h"

#include <nlohmann/json.hpp>

namespace sluice::traffic {

std::optional<std::string> metadata_entry(const Json& object, const char* map,
                                          const std::string& key) {
  const Json* entries = find_path(object, std::string("metadata.") + map);
  if (entries == nullptr || !entries->is_object()) return std::nullopt;
  const auto found = entries->find(key);
  if (found == entries->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

void set_metadata_entry(const Json& object, const char* map, const std::string& key,
                        const std::optional<std::string>& value, Json& patch) {
  const std::optional<std::string> now = metadata_entry(object, map, key);
  if (now == value) return;
  const Json::json_pointer place = Json::json_pointer("/metadata") / map;
  const std::string path = (place / key).to_string();
  if (now) patch.push_back({{"op", "test"}, {"path", path}, {"value", *now}});
  if (!value) {
    patch.push_back({{"op", "remove"}, {"path", path}});
  } else if (object.contains(place) && object.at(place).is_object()) {
    patch.push_back({{"op", "add"}, {"path", path}, {"value", *value}});
  } else {
    // Replaces entries that somebody has put on since: only as long as nobody changed anything.
    const std::string version = string_at(object, "metadata.resourceVersion");
    patch.push_back({{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", version}});
    patch.push_back({{"op", "add"}, {"path", place.to_string()}, {"value", {{key, *value}}}});
  }
}

}  // namespace sluice::traffic
