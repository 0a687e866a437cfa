#pragma once

// Which revisions a Rollout has: which ReplicaSet is of the current template, which is the stable
// one, what the others are, and what their numbers are. Derived once per plan.

#include "engine/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

struct Revisions {
  std::string hash;  ///< Of the current template; the label of its ReplicaSet where that differs.
  std::string step_hash;
  std::optional<int32_t> collision_count;
  std::string stable_hash;

  const ReplicaSet* current = nullptr;    ///< Of the current template; null until it is created.
  bool can_be_made = true;                ///< The spec's template is that of the current revision.
  const ReplicaSet* stable = nullptr;     ///< Null where there is none yet, or none any more.
  std::vector<const ReplicaSet*> others;  ///< Neither, oldest first.
  /// The status names a stable revision whose ReplicaSet is gone, while the update from it to
  /// another one was under way, and no other revision can stand in for it: nobody can go back, its
  /// users have the current revision while that has pods, and nothing is earned by that.
  bool stable_lost = false;
  /// The status does not tell the stable revision, or tells one that is gone: what tells which it
  /// is instead; "" where nothing has to.
  std::string_view stable_evidence;
  /// The ReplicaSet that was the current one is still going away under its name.
  bool name_blocked = false;
  /// No ReplicaSet is of the current template by its label or by the defaults that Sluice knows.
  bool needs_trial = false;

  bool template_changed = false;  ///< Since the status was written.
  bool steps_changed = false;

  int64_t revision = 1;  ///< Number of the current revision.

  /// The current revision was promoted before.
  bool is_stable() const { return hash == stable_hash; }
};

/// Which revision counts as the current one.
enum class Current {
  FromSpec,    ///< That of the spec's template.
  FromStatus,  ///< That which the status knows: the spec is not to be trusted.
};

/// Reads a snapshot whose Rollout has a pod template. `serving_service` is what users ask: where
/// the status was lost, the revision behind it is the stable one.
Revisions read_revisions(const Snapshot& snapshot, Current current,
                         const std::string& serving_service);

/// Pods that may take requests: available ones that are not about to be scaled away. 0 for null.
int64_t serving(const ReplicaSet* replica_set);

int64_t spec_replicas(const ReplicaSet* replica_set);

}  // namespace sluice::engine
