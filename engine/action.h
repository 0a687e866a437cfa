#pragma once

// What a plan can ask the shell to write: a value for each kind of change, complete in itself, so
// that it can be applied twice, compared in a test and told in one line of a log.

#include "crds/rollout.h"
#include "crds/routes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

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

/// One merge patch of a ReplicaSet: its size, its annotations, its pod template.
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
  std::string template_patch;  ///< A merge patch of spec.template; "" for none.

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

/// Takes the hash and the Rollout's name from a Service that the strategy names no longer.
struct ReleaseService {
  std::string name;

  bool operator==(const ReleaseService&) const = default;
};

/// The whole of what the routers shall do, for all of them, those of former routings included.
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

/// Asks the API server to evict a pod. It may refuse for now, where a disruption budget says so.
struct EvictPod {
  std::string name;
  std::string uid;

  bool operator==(const EvictPod&) const = default;
};

/// Labels and annotations of a running pod; those without a value are removed.
struct PatchPod {
  std::string name;
  std::string uid;
  std::map<std::string, std::optional<std::string>> labels;
  std::map<std::string, std::optional<std::string>> annotations;

  bool operator==(const PatchPod&) const = default;
};

using Action =
    std::variant<SetTraffic, PointService, ReleaseService, CreateReplicaSet, PatchReplicaSet,
                 CreateAnalysisRun, TerminateAnalysisRun, DeleteAnalysisRun, DeleteReplicaSet,
                 AnnotateRollout, PatchPod, EvictPod>;

/// It writes to pods, or to what they are made from: what was known of pods is outdated.
bool touches_pods(const Action& action);

/// One line for logs and failed tests: "scale shop-7d9f from 1 to 3".
std::string to_string(const Action& action);

}  // namespace sluice::engine
