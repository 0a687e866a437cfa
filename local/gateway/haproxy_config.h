#pragma once

// HAProxy's configuration: written once at start and never reloaded, because a reload drops idle
// keep-alive connections and lets them finish under the old weights. What changes is told to the
// running process (haproxy_changes.h):
//
//   request text ──routes.map (ordered expressions)──▶ rule ──splits.map──▶ arms ──dice──▶ backend
//
// Backends cannot be made at run time, so there is a pool of nameless ones, b0 … b255, that are
// given to pools of endpoints; their servers come and go at run time. One thread serves everything:
// a request whose routing comes after the answer to `set map` goes by the new weights. Each request
// draws anew, also on a connection that is kept alive. Servers are asked over a connection of their
// own a request, so that no idle connection can break under a request or hold up a drain.

#include "net/host_port.h"

#include <string>

namespace sluice::local {

inline constexpr int kHaproxyBackends = 256;
/// Of a connection attempt to a pod; after it the pool's next pod is tried, once.
inline constexpr int kHaproxyConnectSeconds = 2;
/// One command must fit in here, payload included.
inline constexpr int kHaproxyBufferBytes = 32 * 1024;

inline constexpr const char* kHaproxyRoutesFile = "routes.map";
inline constexpr const char* kHaproxySplitsFile = "splits.map";

/// What the last expression of routes.map, which matches every request, leads to: no rule. Without
/// it HAProxy has not been told yet, and nobody may say that there is no route.
inline constexpr const char* kHaproxyNoRule = "none";

/// The whole file. Its paths, `socket` among them, are relative to the folder that HAProxy runs in.
/// The port of `listen` is not 0: HAProxy would not say which one it got.
std::string render_haproxy_config(const net::HostPort& listen, const std::string& socket);

}  // namespace sluice::local
