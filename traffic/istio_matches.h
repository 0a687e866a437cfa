#pragma once

// The matches of an HTTP route of a VirtualService, narrowed to the requests that a managed route
// is about. Each is an error where the two cannot be put together in one match: another value for
// the same header, or a regular expression beside another path. Pure, on JSON values.

#include "base/json.h"
#include "base/result.h"
#include "crds/routes.h"

namespace sluice::traffic {

/// The requests of the route that bear any of the headers.
Result<Json> header_matches(const Json& route, const crds::HeaderRoute& wanted);

/// The requests of the route that meet any of the matches; none where there are no such requests.
Result<Json> mirrored_matches(const Json& route, const crds::MirrorRoute& wanted);

}  // namespace sluice::traffic
