#pragma once

// The router of ingress-nginx: beside each stable Ingress stands a canary Ingress of the Rollout,
// ROLLOUT-INGRESS-canary, with the paths that lead to the stable Service, leading to the canary
// Service, and with the annotations by which the ingress controller gives it a share of the
// requests. It stays at weight 0 between releases and goes with the Rollout. The controller tells
// nobody what it has taken up: weights count as set once they are written.

#include "traffic/router_registry.h"

#include <string>
#include <vector>

namespace sluice::traffic {

struct NginxConfig {
  std::vector<std::string> stable_ingresses;
  std::string annotation_prefix = "nginx.ingress.kubernetes.io";
  /// What the canary Ingress bears besides its weight, by whole key.
  StringMap annotations;
};

/// Reads and checks trafficRouting.nginx; messages start with `path`.
Result<NginxConfig> read_nginx_config(const Json& config, const std::string& path);

/// The name of the canary Ingress: shortened where it would be longer than a name may be.
std::string canary_ingress_name(const std::string& rollout, const std::string& stable_ingress);

RouterType nginx_router();

}  // namespace sluice::traffic
