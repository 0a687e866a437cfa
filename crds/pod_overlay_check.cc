#include "crds/pod_overlay_check.h"

#include "core/names.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::crds {
namespace {

void add(const core::NameComplaints& complaints, const std::string& path, const std::string& text,
         FieldProblems& problems) {
  for (const std::string& complaint : complaints)
    problems.push_back({path, fmt::format("Invalid value: \"{}\": {}", text, complaint)});
}

/// What the API server would refuse is not found out by asking it: half of a change would be done.
void check_entries(const PodMetadata& metadata, const std::string& path, FieldProblems& problems) {
  for (const auto& [key, value] : metadata.labels) {
    add(core::check_qualified_name(key), path + ".labels", key, problems);
    add(core::check_label_value(value), fmt::format("{}.labels[{}]", path, key), value, problems);
  }
  for (const auto& [key, value] : metadata.annotations)
    add(core::check_qualified_name(key), path + ".annotations", key, problems);
}

/// Labels by which a ReplicaSet knows its pods: with others it would not be taken, or lose them.
void check_labels(const RolloutSpec& spec, const std::optional<PodMetadata>& metadata,
                  const std::string& path, FieldProblems& problems) {
  if (!metadata) return;
  check_entries(*metadata, path, problems);
  for (const auto& [key, value] : metadata->labels) {
    bool selects = key == kPodTemplateHashLabel || spec.selector.match_labels.contains(key);
    for (const LabelExpression& expression : spec.selector.match_expressions)
      selects = selects || expression.key == key;
    if (!selects) continue;
    problems.push_back(
        {fmt::format("{}.labels[{}]", path, key),
         fmt::format("Invalid value: \"{}\": the ReplicaSet selects its pods by this label",
                     value)});
  }
}

void check_anti_affinity(const JsonText& anti_affinity, const std::string& path,
                         FieldProblems& problems) {
  if (!anti_affinity) return;
  const auto parsed = parse_json(*anti_affinity);
  int kinds = 0;
  for (const char* kind : {"preferredDuringSchedulingIgnoredDuringExecution",
                           "requiredDuringSchedulingIgnoredDuringExecution"})
    if (parsed && parsed->is_object() && parsed->contains(kind) && !(*parsed)[kind].is_null())
      ++kinds;
  if (kinds == 1) return;
  problems.push_back(
      {path,
       "Invalid value: exactly one of preferredDuringSchedulingIgnoredDuringExecution and "
       "requiredDuringSchedulingIgnoredDuringExecution must be set"});
}

}  // namespace

FieldProblems check_pod_overlays(const RolloutSpec& spec) {
  FieldProblems problems;
  if (const CanaryStrategy* canary = spec.canary()) {
    const std::string path = "spec.strategy.canary";
    check_labels(spec, canary->canary_metadata, path + ".canaryMetadata", problems);
    check_labels(spec, canary->stable_metadata, path + ".stableMetadata", problems);
    check_anti_affinity(canary->anti_affinity, path + ".antiAffinity", problems);
  }
  if (const BlueGreenStrategy* blue_green = spec.blue_green()) {
    const std::string path = "spec.strategy.blueGreen";
    check_labels(spec, blue_green->preview_metadata, path + ".previewMetadata", problems);
    check_labels(spec, blue_green->active_metadata, path + ".activeMetadata", problems);
    check_anti_affinity(blue_green->anti_affinity, path + ".antiAffinity", problems);
  }
  return problems;
}

}  // namespace sluice::crds
