#pragma once

// A canary: weight by weight, step by step.

#include "engine/draft.h"

namespace sluice::engine::canary {

/// Passes the steps that are done, and promotes past the last one.
void advance(Draft& draft);

/// Adds what the routers, the Services and the ReplicaSets shall be.
void collect(Draft& draft);

/// The same under a spec that is not trusted, where an abort takes the traffic back.
void collect_return(Draft& draft);

/// Takes the traffic from a canary that has no Service or no pod to answer with, and leads users of
/// a lost stable revision to who can answer.
void leave_dark(Draft& draft);

}  // namespace sluice::engine::canary
