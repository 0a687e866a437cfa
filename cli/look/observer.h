#pragma once

// What a running `sluice controller --observe-only` says of a Rollout: its decisions beside the
// other engine's. It is asked at its /debug path, which only reads.

#include "base/json.h"
#include "base/object_meta.h"
#include "net/http.h"

#include <string>

namespace sluice::cli {

/// The answer of the controller at `url`, such as http://127.0.0.1:9090. Errors: as of the client,
/// and Invalid where what answers is no controller of Sluice. `client` must outlive the call.
net::Awaitable<Result<Json>> ask_observer(net::HttpClient& client, std::string url,
                                          ObjectKey rollout);

/// Some lines: what Sluice would decide beside what the other engine has, what it would wait for,
/// and where the two have differed.
std::string render_observed(const Json& answer);

}  // namespace sluice::cli
