#pragma once

// The Gateway API router: weights and header matches of HTTPRoutes (gateway.networking.k8s.io/v1).
// Its settings are those of the Argo plugin argoproj-labs/gatewayAPI, read natively, also under
// trafficRouting.gatewayAPI.

#include "traffic/router_registry.h"

namespace sluice::traffic {

struct HttpRouteRef {
  std::string name;
  /// False: managed header routes leave this route alone.
  bool use_header_routes = true;

  bool operator==(const HttpRouteRef&) const = default;
};

struct GatewayApiConfig {
  std::vector<HttpRouteRef> http_routes;
  std::string namespace_;
  /// While the canary has weight, each route bears this label, so that GitOps tools can be told to
  /// leave it alone. Empty key: no label.
  std::string in_progress_label_key = "rollouts.argoproj.io/gatewayapi-canary";
  std::string in_progress_label_value = "in-progress";
};

/// Reads and checks the settings; messages start with `path`. The routes' namespace is the
/// Rollout's unless the settings name one.
Result<GatewayApiConfig> read_gateway_api_config(const Json& config, const std::string& namespace_,
                                                 const std::string& path);

RouterType gateway_api_router();

}  // namespace sluice::traffic
