#pragma once

// A router that the Rollout had: all that is left to it is to give traffic back to the stable
// Service, in those of its objects that no router of today looks at. It has no faults, for nobody
// waits for it: an object that is gone holds nothing.

#include "traffic/router.h"

#include <memory>
#include <set>

namespace sluice::traffic {

/// `taken`: the objects that are others' to write.
std::unique_ptr<Router> former_router(std::unique_ptr<Router> router, std::set<ObjectRef> taken);

}  // namespace sluice::traffic
