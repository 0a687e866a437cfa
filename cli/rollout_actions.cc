#include "cli/rollout_actions.h"

#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace sluice::cli {
namespace {

constexpr std::string_view kInconclusive = "InconclusiveAnalysisRun";

RolloutWrite spec_write(Json body) {
  return {kube::PatchType::Merge, kube::Subresource::None, dump_json(body)};
}

RolloutWrite status_write(Json status) {
  return {kube::PatchType::Merge, kube::Subresource::Status,
          dump_json(Json{{"status", std::move(status)}})};
}

/// Clearing the pause ends the pause step; an inconclusive analysis is passed over as a whole.
Json promotion_of(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  const int32_t next = status.current_step_index.value_or(0) + 1;
  const bool inconclusive =
      std::any_of(status.pause_conditions.begin(), status.pause_conditions.end(),
                  [](const auto& pause) { return pause.reason == kInconclusive; });
  if (inconclusive)
    return {{"pauseConditions", nullptr}, {"controllerPause", false}, {"currentStepIndex", next}};
  if (!status.pause_conditions.empty()) return {{"pauseConditions", nullptr}};
  return {{"currentStepIndex", next}};
}

int64_t revision_of(const kube::Object& object) {
  const std::string text = object.meta.annotation(crds::kRevisionAnnotation);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string hash_of(const kube::Object& set) {
  return set.meta.label(crds::kPodTemplateHashLabel);
}

std::vector<const kube::Object*> own_sets(const RolloutObjects& objects) {
  std::vector<const kube::Object*> sets;
  for (const kube::Object& set : objects.replica_sets) {
    const OwnerReference* owner = set.meta.controller();
    if (owner != nullptr && owner->uid == objects.rollout.meta.uid) sets.push_back(&set);
  }
  std::sort(sets.begin(), sets.end(),
            [](const auto* a, const auto* b) { return revision_of(*a) > revision_of(*b); });
  return sets;
}

/// Whether the newest spec is known to be this ReplicaSet's.
bool is_current(const kube::Object& rollout, const kube::Object& set) {
  const auto document = rollout.parse();
  return document &&
         string_at(*document, "status.observedGeneration") ==
             std::to_string(rollout.meta.generation) &&
         string_at(*document, "status.currentPodHash") == hash_of(set);
}

/// The ReplicaSet's pod template as a Rollout's: without the hash label.
Result<Json> template_of(const kube::Object& set) {
  const auto document = set.parse();
  if (!document) return fail(document.error());
  const Json* found = find_path(*document, "spec.template");
  if (found == nullptr) return fail(invalid(set.meta.name + ": has no spec.template"));
  Json pod_template = *found;
  if (pod_template.contains("metadata") && pod_template["metadata"].contains("labels"))
    pod_template["metadata"]["labels"].erase(std::string(crds::kPodTemplateHashLabel));
  if (pod_template.contains("metadata")) pod_template["metadata"].erase("creationTimestamp");
  return pod_template;
}

std::string annotation_pointer(std::string_view name) {
  std::string key(name);
  key.replace(key.find('/'), 1, "~1");
  return "/metadata/annotations/" + key;
}

/// Replaces the template as a whole: a merge would leave what the older one did not have.
RolloutWrite template_write(const Json& pod_template, const std::string& rollback_to,
                            bool has_annotations) {
  Json patch = Json::array();
  patch.push_back({{"op", "replace"}, {"path", "/spec/template"}, {"value", pod_template}});
  if (!rollback_to.empty()) {
    if (!has_annotations) {
      patch.push_back(
          {{"op", "add"}, {"path", "/metadata/annotations"}, {"value", Json::object()}});
    }
    patch.push_back({{"op", "add"},
                     {"path", annotation_pointer(crds::kRollbackToAnnotation)},
                     {"value", rollback_to}});
  }
  return {kube::PatchType::Json, kube::Subresource::None, dump_json(patch)};
}

RolloutWrite abort_reason_write(const crds::Rollout& rollout, const std::string& reason) {
  Json patch = Json::array();
  if (rollout.meta.annotations.empty())
    patch.push_back({{"op", "add"}, {"path", "/metadata/annotations"}, {"value", Json::object()}});
  const std::string path = annotation_pointer(crds::kAbortReasonAnnotation);
  if (reason.empty())
    patch.push_back({{"op", "remove"}, {"path", path}});
  else
    patch.push_back({{"op", "add"}, {"path", path}, {"value", reason}});
  return {kube::PatchType::Json, kube::Subresource::None, dump_json(patch)};
}

/// An abort holds for the update that was seen, however often its status changes meanwhile: it is
/// bound to the revisions, not to the version, and so does not lose against a busy controller.
RolloutWrite abort_write(const crds::RolloutStatus& status) {
  if (status.current_pod_hash.empty()) return status_write({{"abort", true}});
  Json patch = Json::array();
  const auto expect = [&patch](const char* path, const std::string& value) {
    if (!value.empty()) patch.push_back({{"op", "test"}, {"path", path}, {"value", value}});
  };
  expect("/status/currentPodHash", status.current_pod_hash);
  expect("/status/stableRS", status.stable_rs);
  patch.push_back({{"op", "add"}, {"path", "/status/abort"}, {"value", true}});
  return {kube::PatchType::Json, kube::Subresource::Status, dump_json(patch)};
}

/// The revision that carried the traffic before `current`: the newest older one that was promoted.
const kube::Object* previous_promoted(const RolloutObjects& objects, const std::string& current) {
  for (const kube::Object* set : own_sets(objects)) {
    if (hash_of(*set) == current) continue;
    if (!set->meta.annotation(crds::kPromotedAtAnnotation).empty()) return set;
  }
  return nullptr;
}

Result<Rollback> return_to_previous(const RolloutObjects& objects, const crds::Rollout& rollout) {
  const kube::Object* previous = previous_promoted(objects, rollout.status.current_pod_hash);
  if (previous == nullptr) {
    return fail(invalid(fmt::format("rollout \"{}\" has no earlier promoted revision to return to",
                                    rollout.meta.name)));
  }
  const auto pod_template = template_of(*previous);
  if (!pod_template) return fail(pod_template.error());
  const bool has_annotations = !rollout.meta.annotations.empty();
  return Rollback{.kind = Rollback::Kind::Return,
                  .writes = {template_write(*pod_template, hash_of(*previous), has_annotations)},
                  .hash = hash_of(*previous),
                  .explanation = fmt::format("returning at once to revision {} ({})",
                                             revision_of(*previous), previous->meta.name)};
}

}  // namespace

bool is_promoted(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  return !status.stable_rs.empty() && status.stable_rs == status.current_pod_hash;
}

Result<std::vector<RolloutWrite>> promote(const crds::Rollout& rollout, bool full) {
  std::vector<RolloutWrite> writes;
  if (rollout.spec.paused) writes.push_back(spec_write({{"spec", {{"paused", false}}}}));
  const crds::RolloutStatus& status = rollout.status;
  if (is_promoted(rollout)) return writes;
  if (status.abort) {
    return fail(invalid(
        fmt::format("rollout \"{0}\" is aborted: `sluice retry {0}` starts its update again",
                    rollout.meta.name)));
  }
  if (full)
    writes.push_back(status_write({{"promoteFull", true}}));
  else if (!rollout.spec.paused || !status.pause_conditions.empty())
    writes.push_back(status_write(promotion_of(rollout)));
  return writes;
}

std::vector<RolloutWrite> abort(const crds::Rollout& rollout, const std::string& reason) {
  if (rollout.status.abort) return {};
  std::vector<RolloutWrite> writes;
  const bool explained = !rollout.meta.annotation(crds::kAbortReasonAnnotation).empty();
  if (!reason.empty() || explained) writes.push_back(abort_reason_write(rollout, reason));
  writes.push_back(abort_write(rollout.status));
  return writes;
}

std::vector<RolloutWrite> retry(const crds::Rollout& rollout) {
  if (!rollout.status.abort) return {};
  return {status_write({{"abort", false}})};
}

std::vector<RolloutWrite> pause(const crds::Rollout& rollout) {
  if (rollout.spec.paused) return {};
  return {spec_write({{"spec", {{"paused", true}}}})};
}

Result<ImageChange> parse_image_change(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return fail(invalid(fmt::format("\"{}\": expected CONTAINER=IMAGE, or *=IMAGE", text)));
  return ImageChange{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::vector<RolloutWrite>> set_images(const Json& document,
                                             const std::vector<ImageChange>& changes) {
  Json patch = Json::array();
  for (const ImageChange& change : changes) {
    bool found = false;
    for (const char* list : {"containers", "initContainers"}) {
      const Json* containers = find_path(document, std::string("spec.template.spec.") + list);
      if (containers == nullptr || !containers->is_array()) continue;
      for (size_t i = 0; i < containers->size(); ++i) {
        const std::string name = string_at((*containers)[i], "name");
        if (change.container != "*" && change.container != name) continue;
        found = true;
        if (string_at((*containers)[i], "image") == change.image) continue;
        const std::string path = fmt::format("/spec/template/spec/{}/{}", list, i);
        patch.push_back({{"op", "test"}, {"path", path + "/name"}, {"value", name}});
        patch.push_back({{"op", "add"}, {"path", path + "/image"}, {"value", change.image}});
      }
    }
    if (!found) {
      return fail(invalid(fmt::format("rollout \"{}\" has no container \"{}\"",
                                      string_at(document, "metadata.name"), change.container)));
    }
  }
  std::vector<RolloutWrite> writes;
  if (patch.empty()) return writes;
  writes.push_back({kube::PatchType::Json, kube::Subresource::None, dump_json(patch)});
  return writes;
}

Result<std::vector<RolloutWrite>> undo(const RolloutObjects& objects, int64_t to_revision) {
  const auto sets = own_sets(objects);
  const kube::Object* target = nullptr;
  if (to_revision == 0 && sets.size() > 1) target = sets[1];
  for (const kube::Object* set : sets)
    if (to_revision != 0 && revision_of(*set) == to_revision) target = set;
  if (target == nullptr) {
    std::string known;
    for (const kube::Object* set : sets)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", revision_of(*set));
    return fail(not_found(fmt::format("no such revision of rollout \"{}\" is kept (revisions: {})",
                                      objects.rollout.meta.name, known.empty() ? "none" : known)));
  }
  if (is_current(objects.rollout, *target)) return std::vector<RolloutWrite>{};
  const auto pod_template = template_of(*target);
  if (!pod_template) return fail(pod_template.error());
  return std::vector<RolloutWrite>{template_write(*pod_template, "", true)};
}

Result<Rollback> plan_rollback(const RolloutObjects& objects, const std::string& reason) {
  const auto document = objects.rollout.parse();
  if (!document) return fail(document.error());
  const crds::Rollout rollout = crds::decode_rollout(*document).value;
  const crds::RolloutStatus& status = rollout.status;
  if (status.stable_rs.empty()) {
    return fail(invalid(
        fmt::format("rollout \"{}\" has no stable revision yet: its first one is still starting",
                    rollout.meta.name)));
  }
  const bool stale = status.observed_generation != std::to_string(rollout.meta.generation);
  const std::string asked = rollout.meta.annotation(crds::kRollbackToAnnotation);
  if (!stale && is_promoted(rollout)) {
    if (asked == status.stable_rs)
      return Rollback{.hash = asked, .explanation = "traffic has returned already"};
    return return_to_previous(objects, rollout);
  }
  if (!asked.empty() && (stale || asked == status.current_pod_hash) && !status.abort) {
    return Rollback{.kind = Rollback::Kind::Underway,
                    .hash = asked,
                    .explanation = "the return is under way already"};
  }
  if (status.abort && !stale) {
    return Rollback{.kind = Rollback::Kind::Done,
                    .hash = status.stable_rs,
                    .explanation = "the update is aborted already"};
  }
  return Rollback{.kind = Rollback::Kind::Abort,
                  .writes = abort(rollout, reason.empty() ? "rolled back by hand" : reason),
                  .hash = status.stable_rs,
                  .explanation = "aborting the update: traffic goes back to the stable revision"};
}

bool traffic_is_back(const crds::Rollout& rollout, const std::string& hash) {
  const crds::RolloutStatus& status = rollout.status;
  if (status.stable_rs != hash) return false;
  if (status.observed_generation != std::to_string(rollout.meta.generation)) return false;
  const bool promoted = is_promoted(rollout);
  if (!promoted && !status.abort) return false;
  if (!status.canary.weights) return true;
  const crds::TrafficWeights& weights = *status.canary.weights;
  const bool settled = promoted || weights.canary.weight == 0;
  return settled && weights.verified.value_or(true);
}

}  // namespace sluice::cli
