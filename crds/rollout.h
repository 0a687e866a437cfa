#pragma once

// The Rollout as a typed value: what the engine plans from. Optional fields are absent where the
// manifest leaves them out; defaults stand where the engine uses a field, and are never
// written back.

#include "base/json.h"
#include "base/object_meta.h"
#include "crds/analysis.h"
#include "crds/rollout_status.h"
#include "crds/routing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::crds {

/// A number of pods or a percentage. A string without "%" is a percentage too, as under Argo.
struct IntOrPercent {
  int32_t value = 0;
  bool percent = false;

  bool operator==(const IntOrPercent&) const = default;
};

/// labels and annotations for the pods of one role.
struct PodMetadata {
  StringMap labels;
  StringMap annotations;

  bool operator==(const PodMetadata&) const = default;
};

struct LabelExpression {
  std::string key;
  std::string op;  ///< In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;

  bool operator==(const LabelExpression&) const = default;
};

struct LabelSelector {
  StringMap match_labels;
  std::vector<LabelExpression> match_expressions;

  bool empty() const { return match_labels.empty() && match_expressions.empty(); }

  bool matches(const StringMap& labels) const;
  /// As kubectl writes it: "app=shop,tier in (a,b)".
  std::string to_string() const;
  bool operator==(const LabelSelector&) const = default;
};

// ---- steps: exactly one kind each ----

struct SetWeightStep {
  int64_t weight = 0;

  bool operator==(const SetWeightStep&) const = default;
};

struct PauseStep {
  /// Absent: until somebody promotes.
  std::optional<Duration> duration;

  bool operator==(const PauseStep&) const = default;
};

struct SetCanaryScaleStep {
  std::optional<int64_t> weight;
  std::optional<int32_t> replicas;
  bool match_traffic_weight = false;

  bool operator==(const SetCanaryScaleStep&) const = default;
};

struct AnalysisStep {
  RolloutAnalysis analysis;

  bool operator==(const AnalysisStep&) const = default;
};

struct StringMatch {
  std::string exact;
  std::string prefix;
  std::string regex;

  bool empty() const { return exact.empty() && prefix.empty() && regex.empty(); }

  bool operator==(const StringMatch&) const = default;
};

struct HeaderMatch {
  std::string name;
  StringMatch value;

  bool operator==(const HeaderMatch&) const = default;
};

struct SetHeaderRouteStep {
  std::string name;
  std::vector<HeaderMatch> match;  ///< Empty: remove the route.

  bool operator==(const SetHeaderRouteStep&) const = default;
};

/// Which requests are mirrored: those that all of it is true of. What is empty is true of each.
struct RequestMatch {
  StringMatch method;
  StringMatch path;
  std::vector<HeaderMatch> headers;

  bool operator==(const RequestMatch&) const = default;
};

struct SetMirrorRouteStep {
  std::string name;
  std::vector<RequestMatch> match;    ///< One of them is enough. Empty: remove the route.
  std::optional<int32_t> percentage;  ///< Of the matching requests; absent: all.

  bool operator==(const SetMirrorRouteStep&) const = default;
};

/// A step that is decoded and validated but that this engine cannot run yet ("experiment",
/// "plugin"): kept as text, and an InvalidSpec that names it.
struct UnsupportedStep {
  std::string kind;
  JsonText config;

  bool operator==(const UnsupportedStep& other) const;
};

using Step = std::variant<SetWeightStep, PauseStep, SetCanaryScaleStep, AnalysisStep,
                          SetHeaderRouteStep, SetMirrorRouteStep, UnsupportedStep>;

// ---- strategies ----

struct BackgroundAnalysis {
  RolloutAnalysis analysis;
  int32_t starting_step = 0;
};

struct ReplicaProgressThreshold {
  bool percent = true;
  int32_t value = 100;
};

struct CanaryStrategy {
  std::string canary_service;
  std::string stable_service;
  std::vector<Step> steps;
  /// The steps as written: what currentStepHash is made of.
  JsonText steps_text;
  std::optional<TrafficRouting> traffic_routing;
  std::optional<IntOrPercent> max_unavailable;
  std::optional<IntOrPercent> max_surge;
  std::optional<BackgroundAnalysis> analysis;
  std::optional<PodMetadata> canary_metadata;
  std::optional<PodMetadata> stable_metadata;
  /// As written; null where absent.
  JsonText anti_affinity;
  std::optional<int32_t> scale_down_delay_seconds;
  std::optional<int32_t> scale_down_delay_revision_limit;
  std::optional<int32_t> abort_scale_down_delay_seconds;
  bool dynamic_stable_scale = false;
  std::optional<int32_t> min_pods_per_replica_set;
  std::optional<ReplicaProgressThreshold> replica_progress_threshold;
};

struct BlueGreenStrategy {
  std::string active_service;
  std::string preview_service;
  std::optional<int32_t> preview_replica_count;
  std::optional<bool> auto_promotion_enabled;
  std::optional<int32_t> auto_promotion_seconds;
  std::optional<IntOrPercent> max_unavailable;
  std::optional<int32_t> scale_down_delay_seconds;
  std::optional<int32_t> scale_down_delay_revision_limit;
  std::optional<int32_t> abort_scale_down_delay_seconds;
  std::optional<RolloutAnalysis> pre_promotion_analysis;
  std::optional<RolloutAnalysis> post_promotion_analysis;
  std::optional<PodMetadata> preview_metadata;
  std::optional<PodMetadata> active_metadata;
  /// As written; null where absent.
  JsonText anti_affinity;
};

/// How a new revision takes the place of the stable one; nothing where the manifest does not say.
using Strategy = std::variant<std::monostate, CanaryStrategy, BlueGreenStrategy>;

struct WorkloadRef {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string scale_down;
};

/// What a bad verdict makes of an update.
enum class OnFailure {
  Revert,  ///< It is aborted: the stable revision has the traffic again.
  Pause,   ///< It stays as it is until a person answers: nothing is undone by itself.
};

struct RolloutSpec {
  std::optional<int32_t> replicas;
  LabelSelector selector;
  /// The pod template as written; null when workloadRef is used.
  JsonText pod_template;
  StringMap template_labels;
  std::optional<WorkloadRef> workload_ref;
  int32_t min_ready_seconds = 0;
  std::optional<int32_t> rollback_window_revisions;
  Strategy strategy;
  std::optional<int32_t> revision_history_limit;
  bool paused = false;
  std::optional<int32_t> progress_deadline_seconds;
  bool progress_deadline_abort = false;
  /// Ours.
  OnFailure on_failure = OnFailure::Revert;
  std::optional<SystemTime> restart_at;
  std::optional<int32_t> successful_run_history_limit;
  std::optional<int32_t> unsuccessful_run_history_limit;

  /// The strategy where it is that one, else null.
  const CanaryStrategy* canary() const { return std::get_if<CanaryStrategy>(&strategy); }

  CanaryStrategy* canary() { return std::get_if<CanaryStrategy>(&strategy); }

  const BlueGreenStrategy* blue_green() const { return std::get_if<BlueGreenStrategy>(&strategy); }
};

struct Rollout {
  ObjectMeta meta;
  RolloutSpec spec;
  RolloutStatus status;
};

}  // namespace sluice::crds
