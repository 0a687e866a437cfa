#pragma once

// The decision about one Rollout: plan(snapshot) says what its status is, what is to be written to
// the cluster, in which order, when to look again, and why.
//
// The contract with the shell that applies it:
// - Actions are applied in their order; the first one that fails ends the application, and the next
//   plan decides anew. Only a SetTraffic that fails does not: a router that refuses must not keep
//   an abort from the Services, nor pods from those who need them. Each action stands on the
//   snapshot, none on the success of another. Every action is idempotent; the process may be killed
//   between any two.
// - The status is written once, last, and only if it differs from the snapshot's. It never claims
//   an effect that the snapshot did not show, so that writing it after a failed action does no
//   harm.
// - The order is safety first: routes and Services, then scaling, then analysis runs and tidying.
// - A plan of an unchanged snapshot whose actions were applied is a fixed point: no action is left.

#include "base/time.h"
#include "crds/rollout.h"
#include "crds/routes.h"
#include "engine/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::engine {

/// Creates a ReplicaSet owned by the Rollout (controller and blockOwnerDeletion set by the shell).
/// Where the name exists and is not the Rollout's own: put it in Snapshot::names_taken and plan
/// again.
struct CreateReplicaSet {
  std::string name;
  std::string hash;
  int32_t replicas = 0;
  int32_t min_ready_seconds = 0;
  crds::LabelSelector selector;  ///< The Rollout's, and the hash label.
  StringMap labels;              ///< The template's, and the hash label.
  StringMap annotations;
  JsonText pod_template;  ///< With the hash label put in.

  bool operator==(const CreateReplicaSet& other) const;
};

/// One merge patch of a ReplicaSet: its size, its annotations, or both.
struct PatchReplicaSet {
  struct Scale {
    int32_t from = 0;  ///< What the snapshot showed.
    int32_t to = 0;

    bool operator==(const Scale&) const = default;
  };

  std::string name;
  std::string uid;
  std::optional<Scale> scale;
  /// Annotations to set; those without a value are removed.
  std::map<std::string, std::optional<std::string>> annotations;

  bool operator==(const PatchReplicaSet&) const = default;
};

/// Removes an old revision that has no pods and is beyond revisionHistoryLimit.
struct DeleteReplicaSet {
  std::string name;
  std::string uid;

  bool operator==(const DeleteReplicaSet&) const = default;
};

/// Puts the hash in the Service's selector and the Rollout's name in its managed-by annotation.
struct PointService {
  std::string name;
  std::string hash;

  bool operator==(const PointService&) const = default;
};

/// The whole of what the routers shall do, for all of them.
struct SetTraffic {
  crds::Routes routes;

  bool operator==(const SetTraffic&) const = default;
};

enum class AnalysisType { Step, Background, PrePromotion, PostPromotion };

/// "Step", "Background", … as in the label rollout-type.
std::string_view to_string(AnalysisType type);

/// Creates an AnalysisRun owned by the Rollout. The shell resolves the templates and the arguments
/// that refer to the Rollout (fieldRef); podTemplateHashValue is already a plain value here.
struct CreateAnalysisRun {
  std::string name;
  AnalysisType type = AnalysisType::Step;
  std::optional<int32_t> step_index;
  StringMap labels;
  StringMap annotations;
  crds::RolloutAnalysis analysis;

  bool operator==(const CreateAnalysisRun&) const = default;
};

/// Sets spec.terminate.
struct TerminateAnalysisRun {
  std::string name;

  bool operator==(const TerminateAnalysisRun&) const = default;
};

struct DeleteAnalysisRun {
  std::string name;
  std::string uid;

  bool operator==(const DeleteAnalysisRun&) const = default;
};

/// Annotations of the Rollout itself; those without a value are removed.
struct AnnotateRollout {
  std::map<std::string, std::optional<std::string>> annotations;

  bool operator==(const AnnotateRollout&) const = default;
};

using Action =
    std::variant<SetTraffic, PointService, CreateReplicaSet, PatchReplicaSet, CreateAnalysisRun,
                 TerminateAnalysisRun, DeleteAnalysisRun, DeleteReplicaSet, AnnotateRollout>;

/// One line for logs and failed tests: "scale shop-7d9f from 1 to 3".
std::string to_string(const Action& action);

enum class Severity { Normal, Warning };

/// Whether a reason is told once, as an event, or explains what is waited for in each plan.
enum class Occasion {
  News,     ///< It happens with this plan: becomes an event, a log line, a notification.
  Effect,   ///< News of what an action does: told once the actions were applied.
  Waiting,  ///< It explains why nothing moves: `explain`, debug endpoint, blocked-on texts.
};

/// A stable code with the numbers that led to the decision.
struct Reason {
  std::string code;  ///< "RolloutAborted"; the codes are in engine/reasons.h
  std::string message;
  Severity severity = Severity::Normal;
  Occasion occasion = Occasion::News;
  StringMap params;

  bool operator==(const Reason&) const = default;
};

struct Plan {
  crds::RolloutStatus status;
  std::vector<Action> actions;
  /// Look again after this long even if nothing is heard. Always above 0.
  std::optional<Duration> wake_after;
  std::vector<Reason> reasons;
};

/// Decides what the Rollout does next. Pure: the same snapshot gives the same plan.
Plan plan(const Snapshot& snapshot);

}  // namespace sluice::engine
