#include "crds/rollout_codec.h"

#include "base/whole_number.h"
#include "crds/analysis_codec.h"
#include "crds/field_reader.h"
#include "crds/rollout_status_codec.h"
#include "crds/routing_codec.h"

#include <nlohmann/json.hpp>

#include <array>

namespace sluice::crds {
namespace {

LabelSelector read_selector(const FieldReader& from) {
  LabelSelector selector;
  selector.match_labels = from.string_map("matchLabels");
  for (const FieldReader& reader : from.children("matchExpressions")) {
    selector.match_expressions.push_back(
        {reader.string("key"), reader.string("operator"), reader.strings("values")});
  }
  return selector;
}

std::optional<IntOrPercent> read_int_or_percent(const FieldReader& from, const char* field) {
  const Json* value = from.find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = from.int32(field);
    return number ? std::optional(IntOrPercent{*number, false}) : std::nullopt;
  }
  std::string text = value->is_string() ? value->get<std::string>() : "";
  if (text.ends_with('%')) text.pop_back();
  if (const auto number = whole_number<int32_t>(text); number && *number >= 0)
    return IntOrPercent{*number, true};
  from.problem(field, invalid_value(*value, "must be a number or a percentage such as 25%"));
  return std::nullopt;
}

std::optional<PodMetadata> read_pod_metadata(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return PodMetadata{from.string_map("labels"), from.string_map("annotations")};
}

// ---- steps ----

SetCanaryScaleStep read_set_canary_scale(const FieldReader& from) {
  return {from.int64("weight"), from.int32("replicas"), from.boolean("matchTrafficWeight")};
}

StringMatch read_string_match(const FieldReader& from) {
  return {from.string("exact"), from.string("prefix"), from.string("regex")};
}

SetHeaderRouteStep read_set_header_route(const FieldReader& from) {
  SetHeaderRouteStep step{from.string("name"), {}};
  for (const FieldReader& match : from.children("match")) {
    step.match.push_back(
        {match.string("headerName"), read_string_match(match.child("headerValue"))});
  }
  return step;
}

std::vector<HeaderMatch> read_mirror_headers(const FieldReader& match) {
  std::vector<HeaderMatch> headers;
  const Json* wanted = match.find("headers");
  if (wanted == nullptr || !wanted->is_object()) return headers;
  const FieldReader from = match.child("headers");
  for (const auto& [name, value] : wanted->items())
    headers.push_back({name, read_string_match(from.child(name))});
  return headers;
}

SetMirrorRouteStep read_set_mirror_route(const FieldReader& from) {
  SetMirrorRouteStep step{from.string("name"), {}, from.int32("percentage")};
  for (const FieldReader& match : from.children("match")) {
    step.match.push_back({read_string_match(match.child("method")),
                          read_string_match(match.child("path")), read_mirror_headers(match)});
  }
  return step;
}

constexpr std::array<std::string_view, 8> kStepKinds{
    "setWeight",  "pause",          "setCanaryScale", "analysis",
    "experiment", "setHeaderRoute", "setMirrorRoute", "plugin"};

std::optional<std::string_view> step_kind(const FieldReader& step) {
  std::optional<std::string_view> kind;
  for (const std::string_view candidate : kStepKinds) {
    if (!step.has(candidate)) continue;
    if (kind) {
      step.problem(candidate, "Invalid value: a step does exactly one thing, this one also has " +
                                  std::string(*kind));
    }
    kind = candidate;
  }
  return kind;
}

Step read_step(const FieldReader& from) {
  const auto kind = step_kind(from);
  if (!kind) {
    from.problem("",
                 "Invalid value: a step must be one of setWeight, pause, setCanaryScale, analysis, "
                 "experiment, setHeaderRoute, setMirrorRoute or plugin");
    return PauseStep{};
  }
  if (*kind == "setWeight") return SetWeightStep{from.int64("setWeight").value_or(0)};
  if (*kind == "pause") return PauseStep{from.child("pause").duration("duration")};
  if (*kind == "setCanaryScale") return read_set_canary_scale(from.child("setCanaryScale"));
  if (*kind == "analysis") return AnalysisStep{read_rollout_analysis(from.child("analysis"))};
  if (*kind == "setHeaderRoute") return read_set_header_route(from.child("setHeaderRoute"));
  if (*kind == "setMirrorRoute") return read_set_mirror_route(from.child("setMirrorRoute"));
  return UnsupportedStep{std::string(*kind), from.text(*kind)};
}

void read_steps(const FieldReader& strategy, CanaryStrategy& canary) {
  canary.steps_text = strategy.text("steps");
  for (const FieldReader& step : strategy.children("steps"))
    canary.steps.push_back(read_step(step));
}

// ---- strategies ----

std::optional<BackgroundAnalysis> read_background(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return BackgroundAnalysis{read_rollout_analysis(from), from.int32("startingStep").value_or(0)};
}

std::optional<ReplicaProgressThreshold> read_threshold(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return ReplicaProgressThreshold{from.string("type") != "Pods", from.int32("value").value_or(100)};
}

CanaryStrategy read_canary(const FieldReader& from) {
  CanaryStrategy canary;
  canary.canary_service = from.string("canaryService");
  canary.stable_service = from.string("stableService");
  read_steps(from, canary);
  canary.traffic_routing = read_traffic_routing(from.child("trafficRouting"));
  if (from.has("pingPong"))
    from.problem("pingPong", "Unsupported value: name stableService and canaryService instead");
  canary.max_unavailable = read_int_or_percent(from, "maxUnavailable");
  canary.max_surge = read_int_or_percent(from, "maxSurge");
  canary.analysis = read_background(from.child("analysis"));
  canary.canary_metadata = read_pod_metadata(from.child("canaryMetadata"));
  canary.stable_metadata = read_pod_metadata(from.child("stableMetadata"));
  canary.anti_affinity = from.text("antiAffinity");
  canary.scale_down_delay_seconds = from.int32("scaleDownDelaySeconds");
  canary.scale_down_delay_revision_limit = from.int32("scaleDownDelayRevisionLimit");
  canary.abort_scale_down_delay_seconds = from.int32("abortScaleDownDelaySeconds");
  canary.dynamic_stable_scale = from.boolean("dynamicStableScale");
  canary.min_pods_per_replica_set = from.int32("minPodsPerReplicaSet");
  canary.replica_progress_threshold = read_threshold(from.child("replicaProgressThreshold"));
  return canary;
}

std::optional<RolloutAnalysis> read_optional_analysis(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return read_rollout_analysis(from);
}

BlueGreenStrategy read_blue_green(const FieldReader& from) {
  return {.active_service = from.string("activeService"),
          .preview_service = from.string("previewService"),
          .preview_replica_count = from.int32("previewReplicaCount"),
          .auto_promotion_enabled = from.optional_boolean("autoPromotionEnabled"),
          .auto_promotion_seconds = from.int32("autoPromotionSeconds"),
          .max_unavailable = read_int_or_percent(from, "maxUnavailable"),
          .scale_down_delay_seconds = from.int32("scaleDownDelaySeconds"),
          .scale_down_delay_revision_limit = from.int32("scaleDownDelayRevisionLimit"),
          .abort_scale_down_delay_seconds = from.int32("abortScaleDownDelaySeconds"),
          .pre_promotion_analysis = read_optional_analysis(from.child("prePromotionAnalysis")),
          .post_promotion_analysis = read_optional_analysis(from.child("postPromotionAnalysis")),
          .preview_metadata = read_pod_metadata(from.child("previewMetadata")),
          .active_metadata = read_pod_metadata(from.child("activeMetadata")),
          .anti_affinity = from.text("antiAffinity")};
}

/// Where both are there the canary counts, for the way back from it.
Strategy read_strategy(const FieldReader& spec) {
  const FieldReader from = spec.child("strategy");
  if (from.has("canary") && from.has("blueGreen"))
    spec.problem("strategy", "Invalid value: exactly one of canary and blueGreen must be set");
  if (from.has("canary")) return read_canary(from.child("canary"));
  if (from.has("blueGreen")) return read_blue_green(from.child("blueGreen"));
  return {};
}

std::optional<WorkloadRef> read_workload_ref(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  return WorkloadRef{from.string("apiVersion"), from.string("kind"), from.string("name"),
                     from.string("scaleDown")};
}

OnFailure read_on_failure(const FieldReader& from) {
  const std::string word = from.string("onFailure");
  if (word == "pause") return OnFailure::Pause;
  if (!word.empty() && word != "revert")
    from.problem("onFailure", invalid_value(word, "must be revert or pause"));
  return OnFailure::Revert;
}

RolloutSpec read_spec(const FieldReader& from) {
  RolloutSpec spec;
  spec.replicas = from.int32("replicas");
  spec.selector = read_selector(from.child("selector"));
  spec.pod_template = from.text("template");
  spec.template_labels = from.child("template").child("metadata").string_map("labels");
  spec.workload_ref = read_workload_ref(from.child("workloadRef"));
  spec.min_ready_seconds = from.int32("minReadySeconds").value_or(0);
  spec.rollback_window_revisions = from.child("rollbackWindow").int32("revisions");
  spec.strategy = read_strategy(from);
  spec.revision_history_limit = from.int32("revisionHistoryLimit");
  spec.paused = from.boolean("paused");
  spec.progress_deadline_seconds = from.int32("progressDeadlineSeconds");
  spec.progress_deadline_abort = from.boolean("progressDeadlineAbort");
  spec.on_failure = read_on_failure(from);
  spec.restart_at = from.time("restartAt");
  const FieldReader analysis = from.child("analysis");
  spec.successful_run_history_limit = analysis.int32("successfulRunHistoryLimit");
  spec.unsuccessful_run_history_limit = analysis.int32("unsuccessfulRunHistoryLimit");
  return spec;
}

}  // namespace

Decoded<Rollout> decode_rollout(const Json& document) {
  Decoded<Rollout> out;
  const FieldReader root(document, "", out.problems);
  const Json* metadata = root.find("metadata");
  auto meta = decode_object_meta(metadata == nullptr ? Json() : *metadata);
  if (meta)
    out.value.meta = *std::move(meta);
  else
    out.problems.push_back({"metadata", meta.error().message});
  out.value.spec = read_spec(root.child("spec"));
  out.value.status = read_rollout_status(root.child("status"));
  return out;
}

Json make_status_patch(const RolloutStatus& from, const RolloutStatus& to) {
  const Json patch = make_merge_patch(encode_rollout_status(from), encode_rollout_status(to));
  return patch.empty() ? Json::object() : Json{{"status", patch}};
}

}  // namespace sluice::crds
