#pragma once

// The matches of a rule of an HTTPRoute, with headers added to them. Pure, on JSON values.

#include "base/json.h"
#include "crds/rollout.h"

#include <vector>

namespace sluice::traffic {

/// The rule's matches; the API's default, which the server would fill in, where it has none.
Json matches_of(const Json& rule);

/// The match asks for these headers too.
void add_headers(Json& match, const std::vector<crds::HeaderMatch>& headers);

}  // namespace sluice::traffic
