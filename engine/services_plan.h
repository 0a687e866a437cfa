#pragma once

// Which revision a Service selects. A Service is never pointed at a revision without an available
// pod; the first time it is narrowed to one, that revision must be able to take over all of it.

#include "engine/draft.h"

#include <string>

namespace sluice::engine {

/// Adds PointService where the Service selects something else than `target` and may move there; a
/// wait where it may not yet. Nothing for a Service that is not named or not there, or without a
/// target.
void plan_service(Draft& draft, const std::string& name, const ReplicaSet* target, bool may_move);

/// The same at once, whether or not the revision has pods: for Services that serve no user.
void plan_preview_service(Draft& draft, const std::string& name, const ReplicaSet* target);

/// Former Services go where the stable revision is, and are given back once that is all there is.
void plan_former_services(Draft& draft, const ReplicaSet* stable);

}  // namespace sluice::engine
