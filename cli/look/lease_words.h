#pragma once

// What the Leases of Sluice's controllers tell of why none of them acts: people ask that of a
// Rollout, on which a controller that stands by writes nothing.

#include "crds/rollout.h"
#include "kube/object_store.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// "sluice/sluice-controller is held by pod-7, renewed 5s ago", or what its holder remarks; one
/// after the other with "; " between. "" where there is none.
std::string lease_words(const std::vector<kube::Object>& leases, SystemTime now);

/// Whether they tell something of that Rollout: no controller answers for it, or more than one.
bool leases_matter(const crds::Rollout& rollout, SystemTime now);

/// What they tell, asked of the cluster; "" also where one may not ask.
kube::Awaitable<std::string> ask_leases(kube::ObjectStore& store, SystemTime now);

}  // namespace sluice::cli
