#pragma once

// The status of a Rollout as a typed value: what Argo Rollouts keeps in it, and what is ours.

#include "base/time.h"
#include "crds/analysis.h"
#include "crds/routing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

/// The one word for a Rollout. None until a controller has said one, or where another engine's word
/// is not known here.
enum class RolloutPhase { None, Progressing, Paused, Healthy, Degraded };

/// "Progressing", …; "" for None.
std::string_view to_string(RolloutPhase phase);
RolloutPhase parse_rollout_phase(std::string_view text);

struct PauseCondition {
  std::string reason;
  SystemTime start_time{};

  /// It ends with a person's answer about an analysis run: one that decided nothing
  /// (InconclusiveAnalysisRun), or a bad one under onFailure: pause (FailedAnalysisRun).
  bool is_question() const;

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

}  // namespace sluice::crds
