#include "verbs/restore.h"

#include "crds/names.h"
#include "crds/pod_overlay.h"
#include "verbs/action_record.h"
#include "verbs/bound_patch.h"
#include "verbs/steer.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::verbs {
namespace {

std::vector<Revision> newest_first(std::vector<Revision> revisions) {
  std::sort(revisions.begin(), revisions.end(),
            [](const Revision& a, const Revision& b) { return a.number > b.number; });
  return revisions;
}

/// The ReplicaSet's pod template as a Rollout's: without the hash label, and without what the
/// controller has laid over it.
Result<Json> template_of(const Revision& revision) {
  if (!revision.pod_template)
    return fail(invalid(revision.name + ": its spec.template cannot be read"));
  auto parsed = parse_json(*revision.pod_template);
  if (!parsed) return fail(parsed.error().within(revision.name));
  if (!parsed->is_object()) return fail(invalid(revision.name + ": has no spec.template"));
  Json pod_template = crds::bare_template(*std::move(parsed), revision.annotations);
  if (!pod_template.contains("metadata")) return pod_template;
  Json& metadata = pod_template["metadata"];
  if (metadata.contains("labels"))
    metadata["labels"].erase(std::string(crds::kPodTemplateHashLabel));
  metadata.erase("creationTimestamp");
  return pod_template;
}

/// Replaces the template as a whole: a merge would leave what the older one did not have.
Result<Write> template_write(const crds::Rollout& rollout, const Revision& target,
                             const ActionRecord& made, bool at_once) {
  const auto pod_template = template_of(target);
  if (!pod_template) return fail(pod_template.error());
  BoundPatch patch;
  patch.expect_generation(rollout).set("/spec/template", *pod_template);
  record(rollout, made, patch);
  if (at_once) patch.annotate(rollout, crds::kRollbackToAnnotation, target.hash);
  return patch.for_spec();
}

Result<Revision> find_target(const crds::Rollout& rollout, const std::vector<Revision>& sorted,
                             int64_t to_revision) {
  if (to_revision == 0 && sorted.size() > 1) return sorted[1];
  std::string known;
  for (const Revision& revision : sorted) {
    if (to_revision != 0 && revision.number == to_revision) return revision;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", revision.number);
  }
  return fail(not_found(fmt::format("no such revision of rollout \"{}\" is kept (revisions: {})",
                                    rollout.meta.name, known.empty() ? "none" : known)));
}

/// The revision that carried the traffic before the current one: the newest older one that was
/// promoted.
Result<Rollback> return_to_previous(const crds::Rollout& rollout,
                                    const std::vector<Revision>& revisions, const Ask& ask) {
  for (const Revision& revision : newest_first(revisions)) {
    if (!revision.promoted || revision.hash == rollout.status.current_pod_hash) continue;
    auto write = template_write(rollout, revision, make_record(rollout, ask, "rollback"), true);
    if (!write) return fail(write.error());
    return Rollback{.kind = Rollback::Kind::Return,
                    .writes = {*std::move(write)},
                    .hash = revision.hash,
                    .explanation = fmt::format("returning at once to revision {} ({})",
                                               revision.number, revision.name)};
  }
  return fail(invalid(fmt::format("rollout \"{}\" has no earlier promoted revision to return to",
                                  rollout.meta.name)));
}

Rollback abort_update(const crds::Rollout& rollout, Ask ask) {
  if (ask.reason.empty()) ask.reason = "rolled back by hand";
  return {.kind = Rollback::Kind::Abort,
          .writes = abort(rollout, ask).writes,
          .hash = rollout.status.stable_rs,
          .explanation = "aborting the update: traffic goes back to the stable revision"};
}

bool is_kept(const std::vector<Revision>& revisions, const std::string& hash) {
  return std::ranges::find(revisions, hash, &Revision::hash) != revisions.end();
}

/// Without routing the pods are the traffic.
bool pods_are_back(const crds::RolloutStatus& status, bool promoted) {
  return status.updated_replicas == (promoted ? status.replicas : 0);
}

bool users_are_back(const crds::RolloutStatus& status, const std::string& hash) {
  return status.blue_green.active_selector == hash && status.available_replicas > 0;
}

TrafficReturn sent_if(bool sent) {
  return sent ? TrafficReturn::Sent : TrafficReturn::Underway;
}

}  // namespace

Result<Decision> undo(const crds::Rollout& rollout, const std::vector<Revision>& revisions,
                      const Ask& ask, int64_t to_revision) {
  if (to_revision == 0 && same_press(rollout, ask, "undo"))
    return fail(invalid(fmt::format(
        "rollout \"{}\" went back a moment ago; --to-revision says which revision is meant",
        rollout.meta.name)));
  const auto target = find_target(rollout, newest_first(revisions), to_revision);
  if (!target) return fail(target.error());
  if (is_observed(rollout) && rollout.status.current_pod_hash == target->hash)
    return Decision{{}, fmt::format("is at revision {} already", target->number)};
  auto write = template_write(rollout, *target, make_record(rollout, ask, "undo"), false);
  if (!write) return fail(write.error());
  return Decision{{*std::move(write)},
                  fmt::format("goes back to revision {} ({})", target->number, target->name)};
}

Result<Rollback> plan_rollback(const crds::Rollout& rollout, const std::vector<Revision>& revisions,
                               const Ask& ask) {
  const crds::RolloutStatus& status = rollout.status;
  if (status.stable_rs.empty()) {
    return fail(invalid(
        fmt::format("rollout \"{}\" has no stable revision yet: its first one is still starting",
                    rollout.meta.name)));
  }
  const bool stale = !is_observed(rollout);
  const std::string asked = rollout.meta.annotation(crds::kRollbackToAnnotation);
  if (!stale && is_promoted(rollout)) {
    if (asked == status.stable_rs)
      return Rollback{.hash = asked, .explanation = "traffic has returned already"};
    return return_to_previous(rollout, revisions, ask);
  }
  if (!asked.empty() && (stale || asked == status.current_pod_hash) && !status.abort) {
    return Rollback{.kind = Rollback::Kind::Underway,
                    .hash = asked,
                    .explanation = "the return is under way already"};
  }
  // An abort has nowhere to send the traffic where the stable revision is gone.
  if (!is_kept(revisions, status.stable_rs)) return return_to_previous(rollout, revisions, ask);
  if (status.abort && !stale) {
    return Rollback{.kind = Rollback::Kind::Done,
                    .hash = status.stable_rs,
                    .explanation = "the update is aborted already"};
  }
  return abort_update(rollout, ask);
}

TrafficReturn traffic_return(const crds::Rollout& rollout, const std::string& hash) {
  const crds::RolloutStatus& status = rollout.status;
  const bool promoted = is_promoted(rollout);
  const bool asked = is_observed(rollout) && (promoted || status.abort);
  if (!asked || status.stable_rs != hash || status.former_weight) return TrafficReturn::Underway;
  if (rollout.spec.blue_green()) return sent_if(users_are_back(status, hash));
  if (!status.canary.weights) return sent_if(pods_are_back(status, promoted));
  const crds::TrafficWeights& weights = *status.canary.weights;
  if (!weights.verified.value_or(true)) return TrafficReturn::Underway;
  if (weights.canary.weight == 0) return TrafficReturn::Confirmed;
  // The canary Service selects the same pods, since a moment ago.
  return promoted ? TrafficReturn::Handing : TrafficReturn::Underway;
}

}  // namespace sluice::verbs
