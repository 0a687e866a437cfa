#pragma once

// Where the requests to a Service go: the pods that its EndpointSlices name. They follow its
// selector, and what sends the requests follows them.

#include "base/json.h"
#include "cli/session.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::cli {

/// The ready endpoints of the slices that are none of `pods`, by name (by address where they are no
/// pods at all).
std::set<std::string> endpoints_beside(const std::vector<Json>& slices,
                                       const std::set<std::string>& pods);

/// Those of the Service in the session's namespace that are no pods of the revision `hash`. None
/// for a Service without a name, and where the user may not read pods or EndpointSlices.
kube::Awaitable<Result<std::set<std::string>>> endpoints_beside_revision(Session& session,
                                                                         std::string service,
                                                                         std::string hash);

}  // namespace sluice::cli
