#pragma once

// Watches over HTTP: one JSON document a line for as long as the client reads.

#include "base/clock.h"
#include "local/api/api_request.h"
#include "net/http_server.h"

#include <chrono>

namespace sluice::local {

/// How often a watch that asks for bookmarks gets one.
inline constexpr Duration kBookmarkEvery = std::chrono::seconds(30);
/// How long a watch lasts that asks for no timeout.
inline constexpr Duration kWatchLongest = std::chrono::minutes(30);
/// Events are gathered into writes of about so many bytes.
inline constexpr size_t kWatchChunk = size_t{64} * 1024;

struct WatchContext {
  Registry& registry;
  Clock& clock;
};

/// Answers the whole request, from refusals to the end of the stream. The context's members and the
/// responder outlive the coroutine.
net::Awaitable<void> serve_watch(WatchContext context, ResourceTypePtr type, ApiPath path,
                                 net::ServerRequest request, net::Responder& responder);

}  // namespace sluice::local
