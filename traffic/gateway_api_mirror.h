#pragma once

// Mirroring in an HTTPRoute: a copy of a rule that splits, for the requests that a mirror route is
// about, with a filter that sends copies of them to the canary Service. Who asked is answered as
// the rule's weights say. Pure, on JSON values.
//
// The share (`percent`) is of the standard channel from Gateway API 1.3 on. An older cluster drops
// it without a word and mirrors each request, so it is always written, also where it is 100: a
// filter that lacks it tells such a cluster.

#include "base/json.h"
#include "base/result.h"
#include "crds/routes.h"

#include <string>

namespace sluice::traffic {

/// The requests that both are about, as matches of a rule; none where there are no such requests.
/// Invalid where the two cannot be put together: a regular expression with another path.
Result<Json> narrowed_matches(const Json& rule, const crds::MirrorRoute& route);

/// The rule mirrors to the backend besides.
void add_mirror(Json& rule, const Json& backend, int32_t percentage);

/// The filter that mirrors to that Service, or null.
const Json* find_mirror(const Json& rule, const std::string& service);

/// The rules as a cluster keeps them that drops the share.
Json without_shares(Json rules);

}  // namespace sluice::traffic
