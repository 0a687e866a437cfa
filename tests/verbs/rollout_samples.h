#pragma once

// One Rollout as a client reads it: shop with two promoted revisions, at rest or in an update.

#include "base/json.h"
#include "crds/rollout.h"
#include "verbs/verb_types.h"

#include <string>
#include <vector>

namespace sluice::verbs::test {

/// Revision 2 (hash "two", shop:v2) is current and stable, revision 1 (hash "one", shop:v1) was
/// promoted before it.
Json healthy_rollout();
/// Revision 3 (hash "three", shop:v3) at the second of four steps, waiting for a promotion.
Json paused_rollout();
/// The same at a third step that is an analysis, which runs.
Json analysing_rollout();

Json with_status(Json rollout, const Json& status);

/// A ReplicaSet of shop; promoted revisions say since when.
Json replica_set(int revision, const std::string& hash, int replicas, bool promoted);

/// Revisions one and two, and three where it is not promoted.
std::vector<Revision> revisions_of(const Json& rollout);

crds::Rollout decode(const Json& rollout);

/// The Rollout after the writes, as the server would have it; throws where a write does not fit.
Json after(Json rollout, const std::vector<Write>& writes);

/// Ann asks for a reason, at a minute after the pause began.
Ask ann(const std::string& reason = "");

}  // namespace sluice::verbs::test
