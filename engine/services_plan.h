#pragma once

// Which revision a Service selects. A Service is never pointed at a revision without an available
// pod; the first time it is narrowed to one, that revision must be able to take over all of it.

#include "engine/draft.h"

#include <string>

namespace sluice::engine {

/// When a Service may come to select another revision.
enum class Move {
  Now,             ///< As soon as that one can take over.
  WithMorePods,    ///< Not before it has as many as it shall take users from.
  WithoutTraffic,  ///< Not before the Service's traffic has left.
};

/// Adds PointService where the Service selects something else than `target` and may move there; a
/// wait where it may not yet. Nothing for a Service that is not named or not there, or without a
/// target.
void plan_service(Draft& draft, const std::string& name, const ReplicaSet* target, Move move);

/// The pods that users of the serving Service have now, of as many as there shall be: a stable
/// revision that is made again takes them over with no fewer.
int64_t pods_of_users(const Facts& facts);

/// The same at once, whether or not the revision has pods: for Services that serve no user.
void plan_preview_service(Draft& draft, const std::string& name, const ReplicaSet* target);

/// Leads the users of a stable revision that is lost to the current one, which can answer them.
void plan_for_lost_stable(Draft& draft);

/// Former Services go where the stable revision is, and are given back once that is all there is.
void plan_former_services(Draft& draft, const ReplicaSet* stable);

}  // namespace sluice::engine
