#pragma once

// When the pods of a revision that is no longer wanted may go. The time is an annotation of its
// ReplicaSet, so that a restart does not forget it.

#include "engine/draft.h"

#include <optional>
#include <string>

namespace sluice::engine {

struct Retirement {
  int64_t replicas = 0;
  /// The scale-down-deadline annotation it shall bear; without it, none.
  std::optional<std::string> deadline;
};

/// The current revision while it is wanted, at that size. Where users left it all at once, when its
/// pods may go should another one take its place is on record until then.
Retirement retain_current(const Facts& facts, int64_t size);

/// When the pods of a current revision may go that users have left all at once just now, which is
/// on record nowhere but in the status: as after an abort, or where that is for ever, as old ones.
std::optional<std::string> deadline_of_leaving(const Facts& facts);

/// The current revision of an aborted update: kept for abortScaleDownDelaySeconds (0: for ever)
/// from when the routers confirm that it has no traffic and the Service of a routed canary leads to
/// the stable revision; as large as the Rollout where that is lost.
Retirement retire_aborted(Draft& draft);

/// One of the old revisions: kept for scaleDownDelaySeconds from when nothing sends traffic to it,
/// where it was stable, had all users, or has just been the canary behind a router. Others go at
/// once.
Retirement retire_old(Draft& draft, const ReplicaSet& old,
                      const std::vector<const ReplicaSet*>& all_old);

/// One of the strategy's Services selects it.
bool is_selected(const Facts& facts, const ReplicaSet& replica_set);

}  // namespace sluice::engine
