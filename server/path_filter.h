#pragma once

// PathFilter: the part of an edge that may be open to more than the rest. Metrics and probes have
// ports of their own in a cluster, on every address; what they lead to is nothing else.

#include "net/http_server.h"

#include <string>
#include <vector>

namespace sluice::server {

class PathFilter : public net::HttpHandler {
 public:
  /// Passes requests for these paths on; all others are 404. `inner` must outlive it.
  PathFilter(net::HttpHandler& inner, std::vector<std::string> paths);

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

 private:
  net::HttpHandler& inner_;
  std::vector<std::string> paths_;
};

}  // namespace sluice::server
