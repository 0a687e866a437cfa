#pragma once

// The objects of one Rollout as a client reads them: shop with two promoted revisions, at rest.

#include "cli/rollout_actions.h"
#include "cli/rollout_info.h"
#include "crds/rollout.h"

#include <string>

namespace sluice::cli::test {

/// Revision 2 (hash "two", shop:v2) is current and stable, revision 1 (hash "one", shop:v1) was
/// promoted before it.
Json healthy_rollout();
/// Revision 3 (hash "three", shop:v3) at the second of four steps, waiting for a promotion.
Json paused_rollout();

/// A ReplicaSet of shop; promoted revisions say since when.
Json replica_set(int revision, const std::string& hash, int replicas, bool promoted);

crds::Rollout decode(const Json& rollout);
/// The Rollout with its ReplicaSets one and two, and three where it is not promoted.
RolloutObjects objects_of(const Json& rollout);
/// The Rollout after the writes, as the server would have it.
Json after(Json rollout, const std::vector<RolloutWrite>& writes);
kube::Object object(const Json& document);

}  // namespace sluice::cli::test
