#pragma once

// ApiServer: the embedded cluster's Kubernetes API as an HTTP handler. It knows who asks, finds
// what the path means and lets the rest of local/api_* answer. It keeps nothing that matters.

#include "base/clock.h"
#include "local/store/pod_logs.h"
#include "local/store/registry.h"
#include "net/http_server.h"

#include <map>
#include <string>

namespace sluice::local {

/// The longest request body, as on the real server.
inline constexpr size_t kRequestBytesMax = size_t{3} * 1024 * 1024;

struct ApiServerOptions {
  std::string token;  ///< The administrator's bearer token; empty: only certificates are good.
};

/// Belongs to the loop thread.
class ApiServer final : public net::HttpHandler {
 public:
  /// All references outlive the server; `logs` may be null.
  ApiServer(Registry& registry, Clock& clock, PodLogs* logs, ApiServerOptions options);

  /// Serves one more path beside the Kubernetes API, such as /sluice/prometheus/targets, for
  /// administrators only. The handler outlives the server.
  void mount(std::string path, net::HttpHandler& handler);

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

 private:
  struct Route;

  Route route(const net::ServerRequest& request) const;
  net::HttpResponse answer(const Route& route, const net::ServerRequest& request);
  net::HttpResponse discover(const Route& route, const net::ServerRequest& request) const;
  net::HttpResponse openapi(std::string_view path);

  Registry& registry_;
  Clock& clock_;
  PodLogs* logs_;
  ApiServerOptions options_;
  std::map<std::string, net::HttpHandler*, std::less<>> mounted_;
  /// OpenAPI documents by path, for as long as the types stay the same.
  std::map<std::string, std::string, std::less<>> openapi_documents_;
  uint64_t openapi_revision_ = 0;
};

}  // namespace sluice::local
