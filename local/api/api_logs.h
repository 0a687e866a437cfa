#pragma once

// GET .../pods/NAME/log: what a container wrote, once or for as long as it writes.

#include "base/clock.h"
#include "local/api/api_request.h"
#include "local/store/pod_logs.h"
#include "net/http_server.h"

namespace sluice::local {

/// Which log of which container the request asks for; the pod is the stored object. 400 where the
/// container is not the pod's, or is not named and there are several.
ApiResult<PodLogQuery> pod_log_query(const Json& pod, std::string_view query, SystemTime now);

/// Answers the whole request. `logs` may be null: then nothing runs pods and there are none. All
/// references outlive the coroutine.
net::Awaitable<void> serve_pod_log(Registry& registry, PodLogs* logs, ResourceTypePtr type,
                                   ApiPath path, net::ServerRequest request, SystemTime now,
                                   net::Responder& responder);

}  // namespace sluice::local
