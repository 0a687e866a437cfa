#pragma once

// The Rollout as a typed value: what the engine plans from. Optional fields are absent where the
// manifest leaves them out; defaults stand where the engine uses a field, and are never
// written back.

#include "base/json.h"
#include "base/object_meta.h"
#include "crds/analysis.h"

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

/// Which router, and its own settings as text: the router parses and validates them. `kind` is the
/// key under trafficRouting ("gatewayAPI", "istio", …) or, for plugins, the plugin's name.
struct RouterSpec {
  std::string kind;
  bool plugin = false;
  JsonText config;

  bool operator==(const RouterSpec& other) const;
};

struct TrafficRouting {
  std::vector<RouterSpec> routers;  ///< In the order in which they are applied.
  std::vector<std::string> managed_routes;
  std::optional<int64_t> max_traffic_weight;

  bool operator==(const TrafficRouting&) const = default;
};

/// What of a strategy says where traffic goes: the routers, and the Services that they lead to.
struct Routing {
  std::string stable_service;
  std::string canary_service;
  TrafficRouting traffic;

  bool operator==(const Routing&) const = default;
};

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
  std::optional<SystemTime> restart_at;
  std::optional<int32_t> successful_run_history_limit;
  std::optional<int32_t> unsuccessful_run_history_limit;

  /// The strategy where it is that one, else null.
  const CanaryStrategy* canary() const { return std::get_if<CanaryStrategy>(&strategy); }

  CanaryStrategy* canary() { return std::get_if<CanaryStrategy>(&strategy); }

  const BlueGreenStrategy* blue_green() const { return std::get_if<BlueGreenStrategy>(&strategy); }
};

// ---- status ----

/// The one word for a Rollout. None until a controller has said one, or where another engine's word
/// is not known here.
enum class RolloutPhase { None, Progressing, Paused, Healthy, Degraded };

/// "Progressing", …; "" for None.
std::string_view to_string(RolloutPhase phase);
RolloutPhase parse_rollout_phase(std::string_view text);

struct PauseCondition {
  std::string reason;
  SystemTime start_time{};

  bool operator==(const PauseCondition&) const = default;
};

struct Condition {
  std::string type;
  bool status = false;
  std::string reason;
  std::string message;
  SystemTime last_update_time{};
  SystemTime last_transition_time{};

  bool operator==(const Condition&) const = default;
};

struct WeightDestination {
  int64_t weight = 0;
  std::string service_name;
  std::string pod_template_hash;

  bool operator==(const WeightDestination&) const = default;
};

struct TrafficWeights {
  WeightDestination canary;
  WeightDestination stable;
  std::optional<bool> verified;

  bool operator==(const TrafficWeights&) const = default;
};

/// A reference to an analysis run with its last known state.
struct RunStatusRef {
  std::string name;
  AnalysisPhase status = AnalysisPhase::None;
  std::string message;

  bool operator==(const RunStatusRef&) const = default;
};

struct BlueGreenStatus {
  std::string preview_selector;  ///< The revision behind the preview Service.
  std::string active_selector;   ///< The revision behind the active Service.
  /// All that is before the switch is passed: the current revision gets its full size.
  bool scale_up_preview_check_point = false;
  std::optional<RunStatusRef> pre_promotion_analysis_run;
  std::optional<RunStatusRef> post_promotion_analysis_run;

  bool operator==(const BlueGreenStatus&) const = default;
};

struct CanaryStatus {
  std::optional<RunStatusRef> current_step_analysis_run;
  std::optional<RunStatusRef> current_background_analysis_run;
  std::optional<TrafficWeights> weights;

  bool operator==(const CanaryStatus&) const = default;
};

/// How long an update has taken, or took. All times are whole seconds.
struct UpdateDuration {
  std::optional<SystemTime> started_at;
  std::optional<SystemTime> manual_pause_started_at;  ///< Only a person ends this pause.
  int64_t manual_pause_seconds = 0;                   ///< Of the pauses that are over, together.
  std::optional<SystemTime> finished_at;
  std::string completion_status;  ///< "Promoted", …: engine/update_duration.h

  bool operator==(const UpdateDuration&) const = default;
};

/// An object of the Rollout's namespace; `kind` is empty where there is none.
struct ObjectName {
  std::string kind;
  std::string name;

  bool operator==(const ObjectName&) const = default;
};

/// Ours: one thing that is waited for. The same wait is the same reason about the same object.
struct Wait {
  std::string reason;  ///< A stable code: engine/reasons.h
  std::string message;
  ObjectName object;     ///< What it is about; without a kind, the Rollout itself.
  std::string observed;  ///< "1 available", "weight 10, not confirmed"
  std::string wanted;    ///< In the same words.
  SystemTime since{};    ///< Whole seconds; kept while the wait goes on.
  /// A moment that is known before: the end of a pause, of a delay. Not when the planner happens to
  /// look, which would change with every plan.
  std::optional<SystemTime> next_look;

  bool operator==(const Wait&) const = default;
};

struct RolloutStatus {
  bool abort = false;
  std::optional<SystemTime> aborted_at;
  std::vector<PauseCondition> pause_conditions;
  bool controller_pause = false;
  std::string current_pod_hash;
  std::string current_step_hash;
  std::optional<int32_t> current_step_index;
  int32_t replicas = 0;
  int32_t updated_replicas = 0;
  int32_t ready_replicas = 0;
  int32_t available_replicas = 0;
  std::optional<int32_t> collision_count;
  std::string observed_generation;
  std::vector<Condition> conditions;
  CanaryStatus canary;
  BlueGreenStatus blue_green;
  UpdateDuration duration;
  int32_t hpa_replicas = 0;
  /// Ours (mostAvailableReplicas): the most pods of the current revision that were available since
  /// its last step. Only more than that is progress; a pod that flaps is none.
  int32_t most_available_replicas = 0;
  /// Ours: the routings that may hold traffic. First comes the one that was planned with last; the
  /// others are former ones, newest first, until nothing of them is left behind.
  std::vector<Routing> routings;
  /// Ours (formerWeight): the most that a canary Service of a former routing still has. There until
  /// all of it is confirmed to be back.
  std::optional<int64_t> former_weight;
  std::string selector;
  std::string stable_rs;
  std::optional<SystemTime> restarted_at;  ///< The last spec.restartAt that was done.
  bool promote_full = false;
  /// Ours (waitingFor): the most pressing first; see engine/waits.h.
  std::vector<Wait> waiting_for;
  RolloutPhase phase = RolloutPhase::None;
  std::string message;

  bool operator==(const RolloutStatus&) const = default;
};

struct Rollout {
  ObjectMeta meta;
  RolloutSpec spec;
  RolloutStatus status;
};

}  // namespace sluice::crds
