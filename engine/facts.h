#pragma once

// What a snapshot means: which ReplicaSet is the current revision, which is stable, what the
// routers do now. Derived once per plan; every later decision reads it.

#include "engine/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::engine {

/// What the routers together do now.
struct TrafficNow {
  bool routed = false;  ///< The strategy has traffic routing.
  /// The largest and the smallest canary weight that their objects hold. A router that holds none
  /// counts as the whole (for `most`) and as nothing (for `least`).
  int64_t most = 0;
  int64_t least = 0;
  bool known = false;    ///< Each of them holds a weight.
  bool pending = false;  ///< One of them has not confirmed its objects, or cannot be read.

  /// The most that a former canary Service still has; and whether that is not confirmed.
  int64_t former = 0;
  bool former_pending = false;

  /// Nothing is left of what was routed before the spec named other routers or Services.
  bool former_returned() const { return former == 0 && !former_pending; }

  /// True where every router is known to send exactly this weight to the canary.
  bool confirms(int64_t weight) const { return !pending && most == weight && least == weight; }
};

struct Facts {
  const Snapshot* snapshot = nullptr;
  const crds::CanaryStrategy* canary = nullptr;
  int64_t replicas = 1;  ///< spec.replicas
  int64_t total = 100;   ///< The weight of all traffic.

  std::string hash;  ///< Of the current template; the label of its ReplicaSet where that differs.
  std::string step_hash;
  std::optional<int32_t> collision_count;
  std::string stable_hash;

  const ReplicaSet* fresh = nullptr;      ///< Of the current template; null until it is created.
  const ReplicaSet* stable = nullptr;     ///< Null where there is none yet, or none any more.
  std::vector<const ReplicaSet*> others;  ///< Neither, oldest first.
  /// The ReplicaSet that was the current one is still going away under its name.
  bool name_blocked = false;

  bool template_changed = false;  ///< Since the status was written.
  bool steps_changed = false;

  int64_t revision = 1;  ///< Number of the current revision.
  TrafficNow traffic;

  /// The current revision was promoted before.
  bool is_stable() const { return hash == stable_hash; }

  SystemTime now() const { return snapshot->now; }

  const crds::Rollout& rollout() const { return snapshot->rollout; }

  const crds::RolloutStatus& before() const { return snapshot->rollout.status; }

  const std::vector<crds::Step>& steps() const { return canary->steps; }

  int32_t step_count() const { return static_cast<int32_t>(canary->steps.size()); }

  /// The ReplicaSet with that hash label, or null.
  const ReplicaSet* find(const std::string& with_hash) const;
  /// The Service of that name; one that does not exist where it is missing or unnamed.
  const Service& service(const std::string& name) const;
  /// A Service is named, and is not there.
  bool lacks(const std::string& name) const;

  const Service& canary_service() const { return service(canary->canary_service); }

  const Service& stable_service() const { return service(canary->stable_service); }
};

/// Which revision counts as the current one.
enum class Current {
  FromSpec,    ///< That of the spec's template.
  FromStatus,  ///< That which the status knows: the spec is not to be trusted.
};

/// Reads a snapshot whose Rollout has a canary strategy and a pod template.
Facts read_facts(const Snapshot& snapshot, Current current = Current::FromSpec);

/// Pods that may take requests: available ones that are not about to be scaled away. 0 for null.
int64_t serving(const ReplicaSet* replica_set);

int64_t spec_replicas(const ReplicaSet* replica_set);

}  // namespace sluice::engine
