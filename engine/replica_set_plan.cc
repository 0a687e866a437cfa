#include "engine/replica_set_plan.h"

#include "crds/names.h"
#include "engine/identity/template_equality.h"
#include "engine/pod_overlays.h"
#include "engine/reasons.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultHistory = 10;

/// What one ReplicaSet shall be.
struct Wanted {
  int64_t replicas = 0;
  std::map<std::string, std::optional<std::string>> annotations;
  std::string template_patch;
};

/// Sets an annotation where it differs.
void want(Wanted& wanted, const ReplicaSet& replica_set, std::string_view key, std::string value) {
  const auto found = replica_set.annotations.find(key);
  if (found != replica_set.annotations.end() && found->second == value) return;
  wanted.annotations.emplace(key, std::move(value));
}

void want_overlay(Wanted& wanted, const Draft& draft, const ReplicaSet& replica_set) {
  OverlayChange change = overlay_change(draft, replica_set);
  wanted.annotations.merge(change.annotations);
  wanted.template_patch = std::move(change.template_patch);
}

/// With whatever is written to it, for nothing is worth a write that only says this.
void want_as_written(Wanted& wanted, const Draft& draft, const ReplicaSet& current) {
  const bool writes = wanted.replicas != current.spec_replicas || !wanted.annotations.empty() ||
                      !wanted.template_patch.empty();
  if (!writes || !current.annotation(kAsWrittenAnnotation).empty()) return;
  const JsonText& written = draft.facts.rollout().spec.pod_template;
  if (current.template_digest == digest_of(normalised_template(written)))
    want(wanted, current, kAsWrittenAnnotation, "true");
}

void want_gone(Wanted& wanted, const ReplicaSet& replica_set, std::string_view key) {
  if (replica_set.annotations.contains(key)) wanted.annotations.emplace(key, std::nullopt);
}

void apply(Draft& draft, const ReplicaSet& replica_set, Wanted wanted) {
  const int32_t from = replica_set.spec_replicas;
  const auto to = static_cast<int32_t>(wanted.replicas);
  PatchReplicaSet patch{.name = replica_set.name,
                        .uid = replica_set.uid,
                        .annotations = std::move(wanted.annotations),
                        .template_patch = std::move(wanted.template_patch)};
  if (from != to) {
    patch.scale = {from, to};
    draft.effect(
        kScalingReplicaSet,
        fmt::format("Scaled {} ReplicaSet {} (revision {}) from {} to {}",
                    to > from ? "up" : "down", replica_set.name, replica_set.revision(), from, to),
        {{"replicaSet", replica_set.name},
         {"from", std::to_string(from)},
         {"to", std::to_string(to)}});
  }
  if (patch.scale || !patch.annotations.empty() || !patch.template_patch.empty())
    draft.act(std::move(patch));
}

/// The current revision gets the newest number, also when it had an older one before; the older
/// ones stay on record.
void want_revision(Wanted& wanted, const ReplicaSet& current, int64_t revision) {
  const int64_t before = current.revision();
  if (before == revision) return;
  if (before > 0) {
    const std::string history = current.annotation(crds::kRevisionHistoryAnnotation);
    const std::string number = std::to_string(before);
    want(wanted, current, crds::kRevisionHistoryAnnotation,
         history.empty() ? number : history + "," + number);
  }
  want(wanted, current, crds::kRevisionAnnotation, std::to_string(revision));
}

/// Says when the revision became stable: with each promotion, and afterwards where that got lost.
void want_promoted(Wanted& wanted, const Draft& draft, const ReplicaSet& stable) {
  const bool promoted_now = draft.promoted && !draft.facts.is_stable();
  if (!promoted_now && !stable.annotation(crds::kPromotedAtAnnotation).empty()) return;
  want(wanted, stable, crds::kPromotedAtAnnotation, format_time(draft.facts.now()));
}

/// The overlay of a ReplicaSet that is made.
void lay_over(const Draft& draft, CreateReplicaSet& create) {
  const crds::PodOverlay overlay = wanted_overlay(draft, nullptr);
  const auto bare = parse_json(*create.pod_template);
  if (crds::has_overlay({}, overlay) || !bare) return;
  const crds::Overlaid made = crds::overlay_template(*bare, {}, overlay);
  create.pod_template = make_json_text(dump_json(made.pod_template));
  for (const auto& [key, value] : made.annotations)
    if (value) create.annotations[key] = *value;
}

void create_current(Draft& draft, int64_t size) {
  const Facts& facts = draft.facts;
  if (!facts.can_be_made) return;
  if (facts.name_blocked) {
    draft.wait({.reason = std::string(kWaitingForOldPods),
                .message = "a ReplicaSet of the same name is still being deleted",
                .object = {"ReplicaSet", facts.rollout().meta.name + "-" + facts.hash}});
    return;
  }
  CreateReplicaSet create = current_replica_set(draft, size);
  draft.effect(kNewReplicaSetCreated,
               fmt::format("Created ReplicaSet {} (revision {}) with {} replicas", create.name,
                           facts.revision, create.replicas),
               {{"replicaSet", create.name}});
  draft.act(std::move(create));
}

/// Sets the deadline annotation to what the retirement says, or takes it away.
void want_deadline(Wanted& wanted, const ReplicaSet& replica_set, const Retirement& retirement) {
  if (retirement.deadline)
    want(wanted, replica_set, crds::kScaleDownDeadlineAnnotation, *retirement.deadline);
  else
    want_gone(wanted, replica_set, crds::kScaleDownDeadlineAnnotation);
}

}  // namespace

CreateReplicaSet current_replica_set(const Draft& draft, int64_t size) {
  const Facts& facts = draft.facts;
  const crds::RolloutSpec& spec = facts.rollout().spec;
  const std::string label(crds::kPodTemplateHashLabel);
  CreateReplicaSet create{.name = facts.rollout().meta.name + "-" + facts.hash,
                          .hash = facts.hash,
                          .replicas = static_cast<int32_t>(size),
                          .min_ready_seconds = spec.min_ready_seconds,
                          .selector = spec.selector,
                          .labels = spec.template_labels,
                          .annotations = {},
                          .pod_template = with_hash_label(spec.pod_template, facts.hash)};
  lay_over(draft, create);
  create.selector.match_labels[label] = facts.hash;
  create.labels[label] = facts.hash;
  create.annotations[std::string(crds::kRevisionAnnotation)] = std::to_string(facts.revision);
  create.annotations[std::string(crds::kDesiredReplicasAnnotation)] =
      std::to_string(facts.replicas);
  return create;
}

void size_current(Draft& draft, const Retirement& fate) {
  const Facts& facts = draft.facts;
  if (facts.current == nullptr) return create_current(draft, fate.replicas);
  Wanted wanted{.replicas = fate.replicas, .annotations = {}, .template_patch = {}};
  want_revision(wanted, *facts.current, facts.revision);
  want(wanted, *facts.current, crds::kDesiredReplicasAnnotation, std::to_string(facts.replicas));
  want_deadline(wanted, *facts.current, fate);
  if (draft.promoted) want_promoted(wanted, draft, *facts.current);
  want_overlay(wanted, draft, *facts.current);
  want_as_written(wanted, draft, *facts.current);
  apply(draft, *facts.current, std::move(wanted));
}

void size_stable(Draft& draft, int64_t size) {
  const ReplicaSet* stable = draft.facts.stable;
  if (draft.promoted || stable == nullptr) return;
  Wanted wanted{.replicas = size, .annotations = {}, .template_patch = {}};
  want(wanted, *stable, crds::kDesiredReplicasAnnotation, std::to_string(draft.facts.replicas));
  want_gone(wanted, *stable, crds::kScaleDownDeadlineAnnotation);
  want_promoted(wanted, draft, *stable);
  apply(draft, *stable, std::move(wanted));
}

void size_old(Draft& draft, const ReplicaSet& old, const Retirement& fate) {
  Wanted wanted{.replicas = fate.replicas, .annotations = {}, .template_patch = {}};
  want_deadline(wanted, old, fate);
  apply(draft, old, std::move(wanted));
}

void grow_stand_in(Draft& draft) {
  const Facts& facts = draft.facts;
  if (!facts.stable_lost || serving(facts.current) == 0) return;
  size_old(draft, *facts.current,
           {std::max<int64_t>(spec_replicas(facts.current), facts.replicas), std::nullopt});
}

void note_leaving(Draft& draft) {
  if (const auto deadline = deadline_of_leaving(draft.facts))
    size_old(draft, *draft.facts.current, {draft.facts.current->spec_replicas, deadline});
}

void retire_old_sets(Draft& draft) {
  const std::vector<const ReplicaSet*> old = draft.old_sets();
  for (const ReplicaSet* replica_set : old)
    size_old(draft, *replica_set, retire_old(draft, *replica_set, old));
}

void plan_overlays(Draft& draft) {
  for (const ReplicaSet& replica_set : draft.facts.snapshot->replica_sets) {
    if (replica_set.deleting || &replica_set == draft.facts.current) continue;
    Wanted wanted{.replicas = replica_set.spec_replicas, .annotations = {}, .template_patch = {}};
    want_overlay(wanted, draft, replica_set);
    apply(draft, replica_set, std::move(wanted));
  }
  adapt_pods(draft);
}

void plan_history(Draft& draft) {
  std::vector<const ReplicaSet*> idle;
  for (const ReplicaSet* replica_set : draft.old_sets()) {
    const bool empty = replica_set->spec_replicas == 0 && replica_set->replicas == 0;
    if (empty && !is_selected(draft.facts, *replica_set)) idle.push_back(replica_set);
  }
  std::sort(idle.begin(), idle.end(), [](const ReplicaSet* left, const ReplicaSet* right) {
    return left->revision() < right->revision();
  });
  // Where a rollback would return to goes last, however many releases were aborted since.
  const auto way_back = std::find_if(idle.rbegin(), idle.rend(), [](const ReplicaSet* set) {
    return !set->annotation(crds::kPromotedAtAnnotation).empty();
  });
  if (way_back != idle.rend()) std::rotate(std::prev(way_back.base()), way_back.base(), idle.end());
  const auto limit = static_cast<size_t>(
      std::max(draft.facts.rollout().spec.revision_history_limit.value_or(kDefaultHistory), 0));
  for (size_t i = 0; i + limit < idle.size(); ++i)
    draft.act(DeleteReplicaSet{idle[i]->name, idle[i]->uid});
}

}  // namespace sluice::engine
