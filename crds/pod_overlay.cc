#include "crds/pod_overlay.h"

#include "crds/names.h"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace sluice::crds {
namespace {

constexpr std::array<const char*, 2> kMaps{"labels", "annotations"};
constexpr const char* kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr const char* kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

const std::string* value_at(const StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

/// An annotation that holds a JSON object; an empty one where it is absent or does not.
Json object_in(const StringMap& annotations, std::string_view key) {
  const std::string* text = value_at(annotations, key);
  auto parsed = text == nullptr ? Result<Json>(Json::object()) : parse_json(*text);
  return parsed && parsed->is_object() ? *std::move(parsed) : Json::object();
}

std::string record_of(const PodMetadata& metadata) {
  Json record = Json::object();
  if (!metadata.labels.empty()) record["labels"] = metadata.labels;
  if (!metadata.annotations.empty()) record["annotations"] = metadata.annotations;
  return record.empty() ? "" : dump_json(record);
}

StringMap strings_of(const Json& object, const char* field) {
  StringMap strings;
  const auto found = object.find(field);
  if (found == object.end() || !found->is_object()) return strings;
  for (const auto& [key, value] : found->items())
    if (value.is_string()) strings.emplace(key, value.get<std::string>());
  return strings;
}

/// A member that is an object, or null.
Json* member(Json* object, const char* field) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(field);
  return found == object->end() ? nullptr : &*found;
}

void erase_if_empty(Json* object, const char* field) {
  const Json* found = member(object, field);
  if (found != nullptr && found->empty()) object->erase(field);
}

/// A term about pods of one revision: nobody but a Rollout's controller knows such labels.
bool is_about_revision(const Json& term) {
  const Json* rules = find_path(term, "labelSelector.matchExpressions");
  if (rules == nullptr) rules = find_path(term, "podAffinityTerm.labelSelector.matchExpressions");
  if (rules == nullptr || !rules->is_array()) return false;
  for (const Json& rule : *rules)
    if (string_at(rule, "key") == kPodTemplateHashLabel) return true;
  return false;
}

void take_off_anti_affinity(Json& pod_template) {
  Json* spec = member(&pod_template, "spec");
  Json* affinity = member(spec, "affinity");
  Json* anti = member(affinity, "podAntiAffinity");
  bool any = false;
  for (const char* kind : {kRequired, kPreferred}) {
    Json* terms = member(anti, kind);
    if (terms == nullptr || !terms->is_array()) continue;
    const size_t before = terms->size();
    std::erase_if(terms->get_ref<Json::array_t&>(), is_about_revision);
    if (terms->size() == before) continue;
    any = true;
    erase_if_empty(anti, kind);
  }
  if (!any) return;
  erase_if_empty(affinity, "podAntiAffinity");
  erase_if_empty(spec, "affinity");
}

/// Keeps pods off the nodes that have pods of that revision.
void put_anti_affinity(Json& pod_template, const Json& wanted, const std::string& hash) {
  const Json rule = {{"key", kPodTemplateHashLabel}, {"operator", "In"}, {"values", {hash}}};
  const Json term = {{"labelSelector", {{"matchExpressions", Json::array({rule})}}},
                     {"topologyKey", "kubernetes.io/hostname"}};
  Json& anti = pod_template["spec"]["affinity"]["podAntiAffinity"];
  if (wanted.contains(kRequired)) {
    anti[kRequired].push_back(term);
  } else {
    anti[kPreferred].push_back({{"weight", int_at(wanted, std::string(kPreferred) + ".weight", 1)},
                                {"podAffinityTerm", term}});
  }
}

void take_off_metadata(Json& pod_template, const StringMap& annotations) {
  const Json record = object_in(annotations, kEphemeralMetadataAnnotation);
  if (record.empty()) return;
  const Json hidden = object_in(annotations, kHiddenMetadataAnnotation);
  Json* metadata = member(&pod_template, "metadata");
  for (const char* map : kMaps) {
    Json* entries = member(metadata, map);
    if (entries == nullptr || !entries->is_object()) continue;
    for (const auto& [key, value] : strings_of(record, map)) entries->erase(key);
    for (const auto& [key, value] : strings_of(hidden, map)) (*entries)[key] = value;
    erase_if_empty(metadata, map);
  }
}

/// Puts the metadata in, and gives what it hides.
Json put_metadata(Json& pod_template, const PodMetadata& wanted) {
  Json hidden = Json::object();
  const std::array<const StringMap*, 2> maps{&wanted.labels, &wanted.annotations};
  for (size_t i = 0; i < maps.size(); ++i) {
    for (const auto& [key, value] : *maps[i]) {
      Json& entries = pod_template["metadata"][kMaps[i]];
      if (entries.contains(key)) hidden[kMaps[i]][key] = entries[key];
      entries[key] = value;
    }
  }
  return hidden;
}

std::string away_from(const PodOverlay& overlay) {
  return overlay.anti_affinity ? overlay.away_from : "";
}

void annotate(std::map<std::string, std::optional<std::string>>& changes,
              const StringMap& annotations, std::string_view key, const std::string& value) {
  const std::string* before = value_at(annotations, key);
  if (value == (before == nullptr ? "" : *before)) return;
  changes[std::string(key)] = value.empty() ? std::nullopt : std::optional(value);
}

std::map<std::string, std::optional<std::string>> change_of(const Json& before, const Json& hidden,
                                                            const Json& after, const char* map) {
  std::map<std::string, std::optional<std::string>> change;
  for (const auto& [key, value] : strings_of(before, map)) change[key] = std::nullopt;
  for (const auto& [key, value] : strings_of(hidden, map)) change[key] = value;
  for (const auto& [key, value] : strings_of(after, map)) change[key] = value;
  return change;
}

}  // namespace

bool has_overlay(const StringMap& annotations, const PodOverlay& overlay) {
  const std::string* away = value_at(annotations, kAntiAffinityAnnotation);
  if (away_from(overlay) != (away == nullptr ? "" : *away)) return false;
  if (!annotations.contains(kEphemeralMetadataAnnotation)) return overlay.metadata == PodMetadata{};
  return overlaid_metadata(annotations) == overlay.metadata;
}

PodMetadata overlaid_metadata(const StringMap& annotations) {
  const Json record = object_in(annotations, kEphemeralMetadataAnnotation);
  return {strings_of(record, "labels"), strings_of(record, "annotations")};
}

Json bare_template(Json pod_template, const StringMap& annotations) {
  take_off_metadata(pod_template, annotations);
  take_off_anti_affinity(pod_template);
  return pod_template;
}

Overlaid overlay_template(const Json& pod_template, const StringMap& annotations,
                          const PodOverlay& overlay) {
  Overlaid out{.pod_template = bare_template(pod_template, annotations), .annotations = {}};
  const Json hidden = put_metadata(out.pod_template, overlay.metadata);
  const std::string hash = away_from(overlay);
  if (!hash.empty())
    if (const auto wanted = parse_json(*overlay.anti_affinity))
      put_anti_affinity(out.pod_template, *wanted, hash);
  annotate(out.annotations, annotations, kEphemeralMetadataAnnotation, record_of(overlay.metadata));
  annotate(out.annotations, annotations, kHiddenMetadataAnnotation,
           hidden.empty() ? "" : dump_json(hidden));
  annotate(out.annotations, annotations, kAntiAffinityAnnotation, hash);
  return out;
}

MetadataChange metadata_change(const StringMap& before, const StringMap& after) {
  const Json record = object_in(before, kEphemeralMetadataAnnotation);
  const Json hidden = object_in(before, kHiddenMetadataAnnotation);
  const Json next = object_in(after, kEphemeralMetadataAnnotation);
  return {change_of(record, hidden, next, "labels"),
          change_of(record, hidden, next, "annotations")};
}

MetadataChange decode_metadata_change(std::string_view text) {
  MetadataChange change;
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return change;
  const std::array maps{&change.labels, &change.annotations};
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto found = parsed->find(kMaps[i]);
    if (found == parsed->end() || !found->is_object()) continue;
    for (const auto& [key, value] : found->items())
      (*maps[i])[key] = value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
  }
  return change;
}

std::string encode_metadata_change(const MetadataChange& change) {
  Json out = Json::object();
  const std::array maps{&change.labels, &change.annotations};
  for (size_t i = 0; i < maps.size(); ++i)
    for (const auto& [key, value] : *maps[i])
      out[kMaps[i]][key] = value ? Json(*value) : Json(nullptr);
  return dump_json(out);
}

}  // namespace sluice::crds
