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
// - Where a plan asks for a trial, the shell puts the answer into the next snapshot. Until then the
//   Rollout stands still but for a retreat, which waits for no answer.

#include "base/time.h"
#include "crds/rollout.h"
#include "engine/action.h"
#include "engine/snapshot.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sluice::engine {

enum class Severity { Normal, Warning };

/// When a reason is told. What is waited for is no reason but in status.waiting_for.
enum class Occasion {
  News,    ///< It happens with this plan: becomes an event, a log line, a notification.
  Effect,  ///< News of what an action does: told once the actions were applied.
};

/// What is told, with a stable code and the numbers that led to the decision.
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
  /// The ReplicaSets whose pods the next plan has to know (Snapshot::pods), by name.
  std::set<std::string> pods_of;
  /// What the API server makes of the spec's template matters (Snapshot::trial).
  bool needs_trial = false;
  /// To be created on trial before anything can be planned by the spec's template.
  std::optional<CreateReplicaSet> trial;
};

/// What keeps the Rollout from being planned by its spec; none where it can be.
crds::FieldProblems problems_of(const Snapshot& snapshot);

/// Decides what the Rollout does next. Pure: the same snapshot gives the same plan.
Plan plan(const Snapshot& snapshot);

}  // namespace sluice::engine
