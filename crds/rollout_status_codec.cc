#include "crds/rollout_status_codec.h"

#include "crds/field_reader.h"
#include "crds/rollout_codec.h"
#include "crds/routing_codec.h"

#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

// ---- reading ----

std::vector<PauseCondition> read_pauses(const FieldReader& from) {
  std::vector<PauseCondition> pauses;
  for (const FieldReader& reader : from.children("pauseConditions"))
    pauses.push_back({reader.string("reason"), reader.time("startTime").value_or(SystemTime{})});
  return pauses;
}

std::vector<Condition> read_conditions(const FieldReader& from) {
  std::vector<Condition> conditions;
  for (const FieldReader& reader : from.children("conditions")) {
    conditions.push_back(
        {.type = reader.string("type"),
         .status = reader.string("status") == "True",
         .reason = reader.string("reason"),
         .message = reader.string("message"),
         .last_update_time = reader.time("lastUpdateTime").value_or(SystemTime{}),
         .last_transition_time = reader.time("lastTransitionTime").value_or(SystemTime{})});
  }
  return conditions;
}

std::optional<RunStatusRef> read_run(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return RunStatusRef{from.string("name"), parse_analysis_phase(from.string("status")),
                      from.string("message")};
}

WeightDestination read_destination(const FieldReader& from) {
  return {from.int64("weight").value_or(0), from.string("serviceName"),
          from.string("podTemplateHash")};
}

std::optional<TrafficWeights> read_weights(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return TrafficWeights{read_destination(from.child("canary")),
                        read_destination(from.child("stable")), from.optional_boolean("verified")};
}

UpdateDuration read_duration(const FieldReader& from) {
  return {.started_at = from.time("rolloutStartedAt"),
          .manual_pause_started_at = from.time("manualPauseStartedAt"),
          .manual_pause_seconds = from.int64("totalManualPauseDurationSeconds").value_or(0),
          .finished_at = from.time("finishedAt"),
          .completion_status = from.string("completionStatus")};
}

std::vector<Wait> read_waits(const FieldReader& from) {
  std::vector<Wait> waits;
  for (const FieldReader& reader : from.children("waitingFor")) {
    const FieldReader object = reader.child("object");
    waits.push_back({.reason = reader.string("reason"),
                     .message = reader.string("message"),
                     .object = {object.string("kind"), object.string("name")},
                     .observed = reader.string("observed"),
                     .wanted = reader.string("wanted"),
                     .since = reader.time("since").value_or(SystemTime{}),
                     .next_look = reader.time("nextLook")});
  }
  return waits;
}

// ---- writing ----

void put(Json& out, const char* field, const std::string& value) {
  if (!value.empty()) out[field] = value;
}

void put_number(Json& out, const char* field, int64_t value) {
  if (value != 0) out[field] = value;
}

void put_time(Json& out, const char* field, const std::optional<SystemTime>& time) {
  if (time) out[field] = format_time(*time);
}

Json encode_duration(const UpdateDuration& duration) {
  Json out = Json::object();
  put_time(out, "rolloutStartedAt", duration.started_at);
  put_time(out, "manualPauseStartedAt", duration.manual_pause_started_at);
  put_number(out, "totalManualPauseDurationSeconds", duration.manual_pause_seconds);
  put_time(out, "finishedAt", duration.finished_at);
  put(out, "completionStatus", duration.completion_status);
  return out;
}

Json encode_conditions(const std::vector<Condition>& conditions) {
  Json list = Json::array();
  for (const Condition& condition : conditions) {
    list.push_back({{"type", condition.type},
                    {"status", condition.status ? "True" : "False"},
                    {"reason", condition.reason},
                    {"message", condition.message},
                    {"lastUpdateTime", format_time(condition.last_update_time)},
                    {"lastTransitionTime", format_time(condition.last_transition_time)}});
  }
  return list;
}

Json encode_run(const RunStatusRef& run) {
  Json out = {{"name", run.name}, {"status", to_string(run.status)}};
  put(out, "message", run.message);
  return out;
}

Json encode_destination(const WeightDestination& destination) {
  Json out = {{"weight", destination.weight}};
  put(out, "serviceName", destination.service_name);
  put(out, "podTemplateHash", destination.pod_template_hash);
  return out;
}

Json encode_canary(const CanaryStatus& canary) {
  Json out = Json::object();
  if (canary.current_step_analysis_run)
    out["currentStepAnalysisRunStatus"] = encode_run(*canary.current_step_analysis_run);
  if (canary.current_background_analysis_run)
    out["currentBackgroundAnalysisRunStatus"] = encode_run(*canary.current_background_analysis_run);
  if (canary.weights) {
    Json& weights = out["weights"];
    weights["canary"] = encode_destination(canary.weights->canary);
    weights["stable"] = encode_destination(canary.weights->stable);
    if (canary.weights->verified) weights["verified"] = *canary.weights->verified;
  }
  return out;
}

Json encode_blue_green(const BlueGreenStatus& blue_green) {
  Json out = Json::object();
  put(out, "previewSelector", blue_green.preview_selector);
  put(out, "activeSelector", blue_green.active_selector);
  if (blue_green.scale_up_preview_check_point) out["scaleUpPreviewCheckPoint"] = true;
  if (blue_green.pre_promotion_analysis_run)
    out["prePromotionAnalysisRunStatus"] = encode_run(*blue_green.pre_promotion_analysis_run);
  if (blue_green.post_promotion_analysis_run)
    out["postPromotionAnalysisRunStatus"] = encode_run(*blue_green.post_promotion_analysis_run);
  return out;
}

Json encode_wait(const Wait& wait) {
  Json out = {
      {"reason", wait.reason}, {"message", wait.message}, {"since", format_time(wait.since)}};
  if (!wait.object.kind.empty())
    out["object"] = {{"kind", wait.object.kind}, {"name", wait.object.name}};
  put(out, "observed", wait.observed);
  put(out, "wanted", wait.wanted);
  if (wait.next_look) out["nextLook"] = format_time(*wait.next_look);
  return out;
}

void put_pauses(Json& out, const RolloutStatus& status) {
  for (const PauseCondition& pause : status.pause_conditions) {
    out["pauseConditions"].push_back(
        {{"reason", pause.reason}, {"startTime", format_time(pause.start_time)}});
  }
  if (status.controller_pause) out["controllerPause"] = true;
}

}  // namespace

RolloutStatus read_rollout_status(const FieldReader& from) {
  const FieldReader canary = from.child("canary");
  const FieldReader blue_green = from.child("blueGreen");
  return {
      .abort = from.boolean("abort"),
      .aborted_at = from.time("abortedAt"),
      .pause_conditions = read_pauses(from),
      .controller_pause = from.boolean("controllerPause"),
      .current_pod_hash = from.string("currentPodHash"),
      .current_step_hash = from.string("currentStepHash"),
      .current_step_index = from.int32("currentStepIndex"),
      .replicas = from.int32("replicas").value_or(0),
      .updated_replicas = from.int32("updatedReplicas").value_or(0),
      .ready_replicas = from.int32("readyReplicas").value_or(0),
      .available_replicas = from.int32("availableReplicas").value_or(0),
      .collision_count = from.int32("collisionCount"),
      .observed_generation = from.string("observedGeneration"),
      .conditions = read_conditions(from),
      .canary = {.current_step_analysis_run =
                     read_run(canary.child("currentStepAnalysisRunStatus")),
                 .current_background_analysis_run =
                     read_run(canary.child("currentBackgroundAnalysisRunStatus")),
                 .weights = read_weights(canary.child("weights"))},
      .blue_green = {.preview_selector = blue_green.string("previewSelector"),
                     .active_selector = blue_green.string("activeSelector"),
                     .scale_up_preview_check_point = blue_green.boolean("scaleUpPreviewCheckPoint"),
                     .pre_promotion_analysis_run =
                         read_run(blue_green.child("prePromotionAnalysisRunStatus")),
                     .post_promotion_analysis_run =
                         read_run(blue_green.child("postPromotionAnalysisRunStatus"))},
      .duration = read_duration(from.child("duration")),
      .hpa_replicas = from.int32("HPAReplicas").value_or(0),
      .most_available_replicas = from.int32("mostAvailableReplicas").value_or(0),
      .routings = read_routings(from.children("routings")),
      .former_weight = from.int64("formerWeight"),
      .selector = from.string("selector"),
      .stable_rs = from.string("stableRS"),
      .restarted_at = from.time("restartedAt"),
      .promote_full = from.boolean("promoteFull"),
      .waiting_for = read_waits(from),
      .phase = parse_rollout_phase(from.string("phase")),
      .message = from.string("message")};
}

Json encode_waits(const std::vector<Wait>& waits) {
  Json list = Json::array();
  for (const Wait& wait : waits) list.push_back(encode_wait(wait));
  return list;
}

Json encode_rollout_status(const RolloutStatus& status) {
  Json out = Json::object();
  if (status.abort) out["abort"] = true;
  if (status.aborted_at) out["abortedAt"] = format_time(*status.aborted_at);
  put_pauses(out, status);
  put(out, "currentPodHash", status.current_pod_hash);
  put(out, "currentStepHash", status.current_step_hash);
  if (status.current_step_index) out["currentStepIndex"] = *status.current_step_index;
  put_number(out, "replicas", status.replicas);
  put_number(out, "updatedReplicas", status.updated_replicas);
  put_number(out, "readyReplicas", status.ready_replicas);
  put_number(out, "availableReplicas", status.available_replicas);
  if (status.collision_count) out["collisionCount"] = *status.collision_count;
  put(out, "observedGeneration", status.observed_generation);
  if (!status.conditions.empty()) out["conditions"] = encode_conditions(status.conditions);
  if (Json canary = encode_canary(status.canary); !canary.empty()) out["canary"] = canary;
  if (Json blue_green = encode_blue_green(status.blue_green); !blue_green.empty())
    out["blueGreen"] = blue_green;
  if (Json duration = encode_duration(status.duration); !duration.empty())
    out["duration"] = duration;
  put_number(out, "HPAReplicas", status.hpa_replicas);
  put_number(out, "mostAvailableReplicas", status.most_available_replicas);
  if (!status.routings.empty()) out["routings"] = encode_routings(status.routings);
  if (status.former_weight) out["formerWeight"] = *status.former_weight;
  put(out, "selector", status.selector);
  put(out, "stableRS", status.stable_rs);
  if (status.restarted_at) out["restartedAt"] = format_time(*status.restarted_at);
  if (status.promote_full) out["promoteFull"] = true;
  if (!status.waiting_for.empty()) out["waitingFor"] = encode_waits(status.waiting_for);
  put(out, "phase", std::string(to_string(status.phase)));
  put(out, "message", status.message);
  return out;
}

}  // namespace sluice::crds
