#pragma once

// What a ReplicaSet needs next. Pure: `plan_replicaset` decides, replicaset_controller.h acts.

#include "base/json.h"
#include "base/object_meta.h"
#include "local/pods/pod_crew.h"
#include "local/store/selectors.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

struct ReplicaSetSpec {
  ObjectMeta meta;
  int replicas = 1;
  Duration min_ready{};
  LabelSelector selector;
  StringMap template_labels;
};

Result<ReplicaSetSpec> decode_replicaset(const ObjectMeta& meta, const Json& document);

struct ReplicaSetStatus {
  int replicas = 0;
  int fully_labeled = 0;
  int ready = 0;
  int available = 0;

  bool operator==(const ReplicaSetStatus&) const = default;
};

struct ReplicaSetPlan {
  int create = 0;
  std::vector<ObjectMeta> remove;      ///< The least valuable first.
  ReplicaSetStatus status;             ///< Before any of this.
  std::optional<Duration> wake_after;  ///< When the next pod becomes available.
};

/// The most pods that one plan creates or removes.
inline constexpr int kReplicaSetBurst = 500;

ReplicaSetPlan plan_replicaset(const ReplicaSetSpec& spec, const std::vector<OwnedPod>& pods,
                               SystemTime now);

/// True when `a` is to go before `b`: not assigned, pending, not ready, cheap to delete, ready for
/// a shorter time, restarted more often, younger (Kubernetes' ActivePods order).
bool goes_first(const OwnedPod& a, const OwnedPod& b);

/// The merge patch that makes the ReplicaSet the pod's controller, next to its other owners; and
/// the one that takes it away again.
std::string adopt_patch(const ObjectMeta& pod, const ObjectMeta& replicaset);
std::string release_patch(const ObjectMeta& pod, const ObjectMeta& replicaset);

/// The status to write: with observedGeneration, and a ReplicaFailure condition where `failure` is
/// not empty.
Json render_replicaset_status(const ReplicaSetStatus& status, int64_t generation,
                              const std::string& failure, SystemTime now);

}  // namespace sluice::local
