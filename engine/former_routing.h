#pragma once

// What a Rollout routed before its spec named other routers or Services. All of it is taken back,
// whatever the spec says now: the status keeps each routing from when it is planned with first
// until nothing of it is left (RolloutStatus::routings). Former Services follow the stable revision
// until all pods are of one revision again, and are given back then.

#include "engine/draft.h"

#include <string>
#include <vector>

namespace sluice::engine {

/// A spec that is not trusted has no say in the routing either: what was planned with last holds.
/// Called once all other problems are known, and before the routers are looked at.
void restore_routing(Snapshot& snapshot);

/// The pairs of Services whose split is taken back, each with what it must keep for now.
std::vector<crds::FormerPair> former_pairs(const Facts& facts);

/// The Services that still bear the Rollout's name, and that its spec names no more.
std::vector<std::string> former_services(const Facts& facts);

/// A former route may still send traffic to the Service as the canary's, whatever it is named for
/// now.
bool has_former_traffic(const Facts& facts, const std::string& service);

/// A former Service selects the revision, or one that has former traffic.
bool is_behind_former(const Facts& facts, const std::string& hash);

/// A former canary Service has weight, and no pod to answer with.
bool is_former_dark(const Facts& facts);

/// Says in the status what former canary Services still have.
void note_former_weight(Draft& draft);

/// Keeps the routing of this plan and the former ones that are not settled.
void record_routings(Draft& draft);

}  // namespace sluice::engine
