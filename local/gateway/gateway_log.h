#pragma once

// Pure: the gateway's access log, one JSON line a request, written when the request has ended.
// Times are HAProxy's, on this machine's wall clock, exact to a millisecond.

#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

struct GatewayAccess {
  SystemTime routed;  ///< When the rule and the pool were chosen.
  /// When the request was handed to the pod; nothing where it never was.
  std::optional<SystemTime> forwarded;
  /// When the first byte of the answer came; nothing where none did.
  std::optional<SystemTime> answered;
  SystemTime ended;
  int status = 0;           ///< As the client saw it; -1 where it saw none.
  std::string termination;  ///< HAProxy's two letters; "--": an orderly end.
  std::string route;        ///< "namespace/name"; empty: no rule matched.
  std::string service;      ///< Empty: no Service was chosen.
  std::string replica_set;  ///< The pod's name without its last part.
  std::string pod;          ///< Empty: the gateway answered by itself.
  std::string server;       ///< "address:port" of the pod, or empty.
  std::string method;
  std::string host;
  std::string path;  ///< Without the query, at most 1024 bytes.
  int64_t bytes_in = 0;
  int64_t bytes_out = 0;
  int retries = 0;
};

/// Nothing for lines that are HAProxy's own messages, cut off, or of a request that was too broken
/// to be routed.
std::optional<GatewayAccess> parse_gateway_access(std::string_view line);

}  // namespace sluice::local
