#include "cli/look/rollout_info.h"

#include "base/whole_number.h"
#include "cli/look/promises.h"
#include "cli/look/rollout_state.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "crds/rollout_status_codec.h"
#include "crds/routes.h"
#include "verbs/action_record.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace sluice::cli {
namespace {

bool controlled_by(const kube::Object& object, const std::string& uid) {
  const OwnerReference* owner = object.meta.controller();
  return owner != nullptr && owner->uid == uid;
}

int64_t revision_of(const ObjectMeta& meta) {
  return whole_number(meta.annotation(crds::kRevisionAnnotation)).value_or(0);
}

/// The reason of the first container that waits or ended badly, as kubectl shows it.
std::string container_trouble(const Json& statuses) {
  for (const Json& status : statuses) {
    for (const char* state : {"state.waiting.reason", "state.terminated.reason"}) {
      std::string reason = string_at(status, state);
      if (!reason.empty()) return reason;
    }
  }
  return "";
}

PodInfo make_pod(const kube::Object& object) {
  const Json document = object.parse().value_or(Json::object());
  PodInfo pod{.name = object.meta.name,
              .status = string_at(document, "status.phase", "Unknown"),
              .created_at = object.meta.creation_timestamp};
  if (const Json* containers = find_path(document, "spec.containers");
      containers != nullptr && containers->is_array()) {
    pod.containers = static_cast<int32_t>(containers->size());
  }
  const Json* statuses = find_path(document, "status.containerStatuses");
  if (statuses != nullptr && statuses->is_array()) {
    for (const Json& status : *statuses) {
      pod.ready_containers += bool_at(status, "ready") ? 1 : 0;
      pod.restarts += static_cast<int32_t>(int_at(status, "restartCount"));
    }
    if (std::string trouble = container_trouble(*statuses); !trouble.empty()) pod.status = trouble;
  }
  if (object.meta.deletion_timestamp) pod.status = "Terminating";
  return pod;
}

AnalysisRunInfo make_run(const kube::Object& object) {
  const crds::AnalysisRun run =
      crds::decode_analysis_run(object.parse().value_or(Json::object())).value;
  AnalysisRunInfo info{.name = object.meta.name,
                       .phase = run.status.phase,
                       .created_at = object.meta.creation_timestamp,
                       .message = run.status.message};
  for (const crds::MetricResult& metric : run.status.metric_results) {
    if (metric.dry_run) continue;
    info.successful += metric.successful;
    info.failed += metric.failed;
    info.inconclusive += metric.inconclusive;
    info.error += metric.error;
  }
  return info;
}

ReplicaSetInfo make_replica_set(const kube::Object& object, const crds::Rollout& rollout) {
  const Json document = object.parse().value_or(Json::object());
  ReplicaSetInfo info{
      .name = object.meta.name,
      .hash = object.meta.label(crds::kPodTemplateHashLabel),
      .revision = revision_of(object.meta),
      .created_at = object.meta.creation_timestamp,
      .replicas = static_cast<int32_t>(int_at(document, "spec.replicas")),
      .available = static_cast<int32_t>(int_at(document, "status.availableReplicas"))};
  if (const Json* containers = find_path(document, "spec.template.spec.containers");
      containers != nullptr && containers->is_array()) {
    for (const Json& container : *containers) info.images.push_back(string_at(container, "image"));
  }
  info.stable = !info.hash.empty() && info.hash == rollout.status.stable_rs;
  info.canary = rollout.spec.canary() && !info.stable && !info.hash.empty() &&
                info.hash == rollout.status.current_pod_hash;
  const crds::BlueGreenStatus& served = rollout.status.blue_green;
  info.active = !info.hash.empty() && info.hash == served.active_selector;
  info.preview = !info.active && !info.hash.empty() && info.hash == served.preview_selector;
  const std::string deadline = object.meta.annotation(crds::kScaleDownDeadlineAnnotation);
  if (const auto time = parse_time(deadline); time && info.replicas > 0) info.scale_down_at = *time;
  return info;
}

template <typename T>
void sort_newest_last(std::vector<T>& items) {
  std::sort(items.begin(), items.end(), [](const T& a, const T& b) {
    return std::tie(a.created_at, a.name) < std::tie(b.created_at, b.name);
  });
}

/// Selects the pods that may be the Rollout's, in a namespace that may hold thousands of others. A
/// value that no label can have is left to the owner to tell.
std::string pod_selector(const Json& rollout) {
  std::string selector(crds::kPodTemplateHashLabel);
  const Json* labels = find_path(rollout, "spec.selector.matchLabels");
  if (labels == nullptr || !labels->is_object()) return selector;
  const auto odd = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.' &&
           c != '/';
  };
  for (const auto& [key, value] : labels->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : " ";
    if (std::any_of(key.begin(), key.end(), odd) || std::any_of(text.begin(), text.end(), odd))
      continue;
    selector += fmt::format(",{}={}", key, text);
  }
  return selector;
}

}  // namespace

std::vector<ListedKind> kinds_around(const kube::Object& rollout) {
  const auto listed = [&](std::string_view group, std::string_view kind, std::string labels) {
    return ListedKind{*kube::find_resource(group, kind),
                      {.namespace_ = rollout.meta.namespace_, .label_selector = std::move(labels)}};
  };
  const std::string hashed(crds::kPodTemplateHashLabel);
  return {listed("apps", "ReplicaSet", hashed),
          listed("", "Pod", pod_selector(rollout.parse().value_or(Json::object()))),
          listed(crds::kGroup, crds::kAnalysisRun, hashed)};
}

RolloutObjects make_rollout_objects(kube::Object rollout,
                                    std::vector<std::vector<kube::Object>> around) {
  return {std::move(rollout), std::move(around.at(0)), std::move(around.at(1)),
          std::move(around.at(2))};
}

kube::Awaitable<Result<RolloutObjects>> read_rollout_objects(kube::ObjectStore& store,
                                                             ObjectKey key) {
  auto rollout = co_await store.get(*kube::find_resource(crds::kGroup, crds::kRollout), key);
  if (!rollout) co_return fail(rollout.error());
  std::vector<std::vector<kube::Object>> around;
  const std::vector<ListedKind> kinds = kinds_around(*rollout);
  for (const ListedKind& kind : kinds) {
    auto list = co_await store.list(kind.resource, kind.where);
    if (!list) co_return fail(list.error());
    around.push_back(std::move(list->items));
  }
  co_return make_rollout_objects(*std::move(rollout), std::move(around));
}

crds::Rollout decode_whole_rollout(const RolloutObjects& objects) {
  return crds::decode_rollout(objects.rollout.parse().value_or(Json::object())).value;
}

std::vector<verbs::Revision> kept_revisions(const RolloutObjects& objects) {
  std::vector<verbs::Revision> revisions;
  for (const kube::Object& set : objects.replica_sets) {
    if (!controlled_by(set, objects.rollout.meta.uid)) continue;
    const Json document = set.parse().value_or(Json::object());
    const Json* pod_template = find_path(document, "spec.template");
    revisions.push_back({.name = set.meta.name,
                         .hash = set.meta.label(crds::kPodTemplateHashLabel),
                         .number = revision_of(set.meta),
                         .promoted = !set.meta.annotation(crds::kPromotedAtAnnotation).empty(),
                         .pod_template = pod_template == nullptr
                                             ? nullptr
                                             : make_json_text(dump_json(*pod_template)),
                         .annotations = set.meta.annotations});
  }
  return revisions;
}

RolloutInfo make_rollout_info(const RolloutObjects& objects) {
  RolloutInfo info;
  info.rollout = decode_whole_rollout(objects);
  std::map<int64_t, RevisionInfo, std::greater<>> revisions;
  for (const kube::Object& set : objects.replica_sets) {
    if (!controlled_by(set, objects.rollout.meta.uid)) continue;
    ReplicaSetInfo made = make_replica_set(set, info.rollout);
    for (const kube::Object& pod : objects.pods)
      if (controlled_by(pod, set.meta.uid)) made.pods.push_back(make_pod(pod));
    sort_newest_last(made.pods);
    revisions[made.revision].replica_sets.push_back(std::move(made));
  }
  for (const kube::Object& run : objects.analysis_runs) {
    if (!controlled_by(run, objects.rollout.meta.uid)) continue;
    revisions[revision_of(run.meta)].analysis_runs.push_back(make_run(run));
  }
  for (auto& [number, revision] : revisions) {
    revision.number = number;
    sort_newest_last(revision.replica_sets);
    sort_newest_last(revision.analysis_runs);
    info.revisions.push_back(std::move(revision));
  }
  return info;
}

std::string role_of(const ReplicaSetInfo& set) {
  std::string roles;
  const auto add = [&roles](bool is, std::string_view role) {
    if (is) roles.append(roles.empty() ? "" : ",").append(role);
  };
  add(set.stable, "stable");
  add(set.canary, "canary");
  add(set.active, "active");
  add(set.preview, "preview");
  return roles;
}

int64_t set_weight_of(const crds::Rollout& rollout) {
  if (!rollout.spec.canary()) return 0;
  const crds::CanaryStrategy& canary = *rollout.spec.canary();
  const crds::RolloutStatus& status = rollout.status;
  if (status.abort) return 0;
  const auto steps = static_cast<int64_t>(canary.steps.size());
  const int64_t index = status.current_step_index.value_or(0);
  if (status.stable_rs == status.current_pod_hash || index >= steps)
    return crds::total_of(canary.traffic_routing.value_or(crds::TrafficRouting{}));
  for (int64_t i = index; i >= 0; --i) {
    const auto* weight = std::get_if<crds::SetWeightStep>(&canary.steps[static_cast<size_t>(i)]);
    if (weight != nullptr) return weight->weight;
  }
  return 0;
}

namespace {

/// Without routing the share of pods is the share of traffic.
std::optional<int64_t> share_of_pods(const RolloutInfo& info) {
  constexpr int64_t kPercent = 100;
  int64_t newest = 0;
  int64_t all = 0;
  for (const RevisionInfo& revision : info.revisions) {
    for (const ReplicaSetInfo& set : revision.replica_sets) {
      all += set.available;
      if (set.hash == info.rollout.status.current_pod_hash) newest += set.available;
    }
  }
  if (all == 0) return std::nullopt;
  return (newest * kPercent + all / 2) / all;
}

}  // namespace

bool is_routed(const crds::Rollout& rollout) {
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  return canary != nullptr && (canary->traffic_routing || !rollout.status.routings.empty());
}

std::optional<int64_t> actual_weight_of(const RolloutInfo& info) {
  const crds::Rollout& rollout = info.rollout;
  if (rollout.spec.canary() == nullptr || !speaks_of_newest(rollout)) return std::nullopt;
  return is_routed(rollout) ? routed_weight_of(rollout) : share_of_pods(info);
}

std::optional<int64_t> routed_weight_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (canary == nullptr || !canary->traffic_routing || !speaks_of_newest(rollout))
    return std::nullopt;
  const crds::RolloutStatus& status = rollout.status;
  const auto& weights = status.canary.weights;
  if (!weights || !weights->verified.value_or(true)) return std::nullopt;
  const bool promoted = !status.stable_rs.empty() && status.stable_rs == status.current_pod_hash;
  return promoted ? weights->canary.weight + weights->stable.weight : weights->canary.weight;
}

namespace {

Json encode(const ReplicaSetInfo& set) {
  Json pods = Json::array();
  for (const PodInfo& pod : set.pods) {
    pods.push_back({{"name", pod.name},
                    {"status", pod.status},
                    {"createdAt", format_time(pod.created_at)},
                    {"containers", pod.containers},
                    {"readyContainers", pod.ready_containers},
                    {"restarts", pod.restarts}});
  }
  return {{"name", set.name},
          {"podTemplateHash", set.hash},
          {"createdAt", format_time(set.created_at)},
          {"replicas", set.replicas},
          {"availableReplicas", set.available},
          {"images", set.images},
          {"role", role_of(set)},
          {"pods", std::move(pods)}};
}

Json encode(const AnalysisRunInfo& run) {
  return {{"name", run.name},
          {"phase", crds::to_string(run.phase)},
          {"createdAt", format_time(run.created_at)},
          {"message", run.message},
          {"successful", run.successful},
          {"failed", run.failed},
          {"inconclusive", run.inconclusive},
          {"error", run.error}};
}

Json encode(const RevisionInfo& revision) {
  Json sets = Json::array();
  for (const ReplicaSetInfo& set : revision.replica_sets) sets.push_back(encode(set));
  Json runs = Json::array();
  for (const AnalysisRunInfo& run : revision.analysis_runs) runs.push_back(encode(run));
  return {{"revision", revision.number},
          {"replicaSets", std::move(sets)},
          {"analysisRuns", std::move(runs)}};
}

}  // namespace

Json encode_rollout_info(const RolloutInfo& info, SystemTime now) {
  const crds::Rollout& rollout = info.rollout;
  Json revisions = Json::array();
  for (const RevisionInfo& revision : info.revisions) revisions.push_back(encode(revision));
  const crds::RolloutStatus& status = rollout.status;
  const std::optional<int64_t> actual = actual_weight_of(info);
  Json out = {{"name", rollout.meta.name},
              {"namespace", rollout.meta.namespace_},
              {"status", crds::to_string(status.phase)},
              {"message", status.message},
              {"strategy", rollout.spec.blue_green() ? "BlueGreen" : "Canary"},
              {"setWeight", set_weight_of(rollout)},
              {"actualWeight", actual ? Json(*actual) : Json(nullptr)},
              {"aborted", status.abort},
              {"frozen", verbs::freeze_text(rollout)},
              {"stableHash", status.stable_rs},
              {"currentHash", status.current_pod_hash},
              {"replicas",
               {{"desired", rollout.spec.replicas.value_or(1)},
                {"current", status.replicas},
                {"updated", status.updated_replicas},
                {"ready", status.ready_replicas},
                {"available", status.available_replicas}}},
              {"askedFor", verbs::encode_actions(promises_of(rollout, now))},
              {"waitingFor", crds::encode_waits(waits_of(rollout, now))},
              {"leases", info.leases},
              {"actions", verbs::encode_actions(verbs::read_actions(rollout))},
              {"revisions", std::move(revisions)}};
  if (rollout.spec.canary()) {
    out["step"] = status.current_step_index.value_or(0);
    out["steps"] = rollout.spec.canary()->steps.size();
  }
  return out;
}

}  // namespace sluice::cli
