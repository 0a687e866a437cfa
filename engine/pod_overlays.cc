#include "engine/pod_overlays.h"

#include "crds/names.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::engine {
namespace {

using Changes = std::map<std::string, std::optional<std::string>>;

/// Another revision is stable, and this one is to follow it.
bool is_tried(const Draft& draft) {
  return !draft.promoted && !draft.facts.stable_hash.empty();
}

void carry_out(const Changes& changes, StringMap& annotations) {
  for (const auto& [key, value] : changes)
    if (value)
      annotations[key] = *value;
    else
      annotations.erase(key);
}

/// What pods of the ReplicaSet have to become that have not followed an earlier change yet, or this
/// one.
std::string pods_to_adapt(const ReplicaSet& replica_set, const StringMap& after) {
  crds::MetadataChange left =
      crds::decode_metadata_change(replica_set.annotation(crds::kPodsToAdaptAnnotation));
  crds::MetadataChange now = crds::metadata_change(replica_set.annotations, after);
  now.labels.merge(left.labels);
  now.annotations.merge(left.annotations);
  return crds::encode_metadata_change(now);
}

/// Those of the wanted entries that differ on the pod.
Changes differences(const StringMap& has, const Changes& wanted) {
  Changes changes;
  for (const auto& [key, value] : wanted) {
    const auto found = has.find(key);
    const bool same = found == has.end() ? !value : value && *value == found->second;
    if (!same) changes.emplace(key, value);
  }
  return changes;
}

/// Patches pods of one ReplicaSet, at most `room` of them. True once none is left to patch.
bool adapt(Draft& draft, const std::vector<Pod>& pods, const crds::MetadataChange& wanted,
           size_t& room) {
  bool done = true;
  for (const Pod& pod : pods) {
    if (pod.deleting) continue;
    PatchPod patch{.name = pod.name,
                   .uid = pod.uid,
                   .labels = differences(pod.labels, wanted.labels),
                   .annotations = differences(pod.annotations, wanted.annotations)};
    if (patch.labels.empty() && patch.annotations.empty()) continue;
    done = false;
    if (room == 0) break;
    --room;
    draft.act(std::move(patch));
  }
  return done;
}

}  // namespace

crds::PodOverlay wanted_overlay(const Draft& draft, const ReplicaSet* replica_set) {
  const Conduct& conduct = draft.facts.conduct;
  const bool is_current = replica_set == draft.facts.current;
  const bool serving = is_current ? !is_tried(draft) : replica_set == draft.stable();
  crds::PodOverlay overlay;
  const crds::PodMetadata* metadata = serving      ? conduct.serving_metadata
                                      : is_current ? conduct.trying_metadata
                                                   : nullptr;
  if (metadata != nullptr) overlay.metadata = *metadata;
  if (is_current && !serving) {
    overlay.anti_affinity = conduct.anti_affinity;
    overlay.away_from = draft.facts.stable_hash;
  }
  return overlay;
}

OverlayChange overlay_change(const Draft& draft, const ReplicaSet& replica_set) {
  // What a spec that is not valid wants to lay over pods could be refused, and hold up the way
  // back.
  if (!draft.facts.snapshot->problems.empty()) return {};
  const crds::PodOverlay wanted = wanted_overlay(draft, &replica_set);
  if (crds::has_overlay(replica_set.annotations, wanted) || !replica_set.pod_template) return {};
  const auto before = parse_json(*replica_set.pod_template);
  if (!before || !before->is_object()) return {};
  crds::Overlaid after = crds::overlay_template(*before, replica_set.annotations, wanted);
  OverlayChange change{.annotations = std::move(after.annotations)};
  const Json patch = make_merge_patch(*before, after.pod_template);
  if (!patch.empty()) change.template_patch = dump_json(patch);
  const bool has_pods = replica_set.spec_replicas > 0 || replica_set.replicas > 0;
  const bool metadata_moves = crds::overlaid_metadata(replica_set.annotations) != wanted.metadata;
  if (has_pods && metadata_moves) {
    StringMap annotations = replica_set.annotations;
    carry_out(change.annotations, annotations);
    change.annotations[std::string(crds::kPodsToAdaptAnnotation)] =
        pods_to_adapt(replica_set, annotations);
  }
  return change;
}

void adapt_pods(Draft& draft) {
  size_t room = kPodsAdaptedAtOnce;
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets) {
    const std::string left = replica_set.annotation(crds::kPodsToAdaptAnnotation);
    if (left.empty() || replica_set.deleting) continue;
    draft.pods_of.insert(replica_set.name);
    const auto pods = draft.facts.snapshot->pods.find(replica_set.name);
    if (pods == draft.facts.snapshot->pods.end()) continue;
    // Another overlay is put in by this very plan: what is left says the next one.
    if (!crds::has_overlay(replica_set.annotations, wanted_overlay(draft, &replica_set))) continue;
    if (!adapt(draft, pods->second, crds::decode_metadata_change(left), room)) continue;
    draft.act(PatchReplicaSet{
        .name = replica_set.name,
        .uid = replica_set.uid,
        .annotations = {{std::string(crds::kPodsToAdaptAnnotation), std::nullopt}}});
  }
}

}  // namespace sluice::engine
