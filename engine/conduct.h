#pragma once

// How a strategy conducts an update, as far as the stages that all strategies share must know: who
// the two Services are, how fast pods may come and go, and how long those of a revision that is no
// longer wanted are kept. Each strategy says it once; no shared stage asks which strategy it is.

#include "crds/rollout.h"
#include "engine/replica_math.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sluice::engine {

struct Conduct {
  /// What users ask: stableService, activeService, or the stable subset. May be "".
  std::string serving_service;
  /// What leads to the current revision before it is promoted: canaryService, previewService, or
  /// the canary subset. May be "".
  std::string trying_service;
  /// The Services that are named beside subsets and follow them. May be "".
  std::string serving_twin;
  std::string trying_twin;
  std::span<const crds::Step> steps;              ///< Of the spec that this was made from.
  const crds::TrafficRouting* routing = nullptr;  ///< The same; null without traffic routing.
  SurgeLimits limits;
  /// What pods bear beside their template while users have their revision, and while it is tried;
  /// of the same spec, null for nothing.
  const crds::PodMetadata* serving_metadata = nullptr;
  const crds::PodMetadata* trying_metadata = nullptr;
  JsonText anti_affinity;  ///< Between the revision that is tried and the stable one; null: none.
  /// The size of the stable revision follows its share of the traffic.
  bool dynamic_stable_scale = false;
  /// Traffic moves at once, so that pods of other revisions may stay after a promotion; otherwise
  /// the pods are the traffic.
  bool keeps_old_pods = false;
  /// Users move from one revision to another at once: the pods of the one that they have are those
  /// that count, and who returns to a revision whose pods still stand by returns at once, too.
  bool all_at_once = false;
  int64_t old_delay_seconds = 0;    ///< How long a revision that was stable is kept.
  int64_t abort_delay_seconds = 0;  ///< The same of an aborted one; 0: for ever.
  /// Only so many of the newest old revisions are kept for the delay; all where absent.
  std::optional<int32_t> delayed_revisions;
};

/// That of the spec's strategy for a Rollout of `replicas` pods; nothing is conducted without one.
Conduct conduct_of(const crds::Strategy& strategy, int64_t replicas);

}  // namespace sluice::engine
