#pragma once

// What the pods behind a Service can bear. Traffic never goes to a side that has no available pod,
// and to one that is scaled with its traffic only as much as its pods are for.

#include "crds/routes.h"
#include "engine/facts.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::engine {

/// Whoever asks the Service finds nobody: it is missing, or selects a revision without a serving
/// pod. One that selects no revision has the pods of all.
bool is_dark(const Facts& facts, const Service& service);

/// Pods behind a Service; absent where it is not restricted to a revision.
std::optional<int64_t> serving_behind(const Facts& facts, const std::string& service);

/// The stable revision has the pods to take all traffic at once.
bool bears_all(const Facts& facts);

/// What of `total` the canary side must keep: `behind` has its pods, and `able` pods are on the
/// stable side. Where that side is scaled with its traffic, 7 pods of 10 replicas bear 70 of 100,
/// and 30 are kept; where it has its full size, all is kept only while it has no pod at all.
int64_t least_kept(const Facts& facts, const ReplicaSet* behind, std::optional<int64_t> able,
                   int64_t total);

/// The least that a former canary Service must keep so that its stable one is not overrun.
int64_t unbearable_weight(const Facts& facts, const crds::FormerPair& pair);

}  // namespace sluice::engine
