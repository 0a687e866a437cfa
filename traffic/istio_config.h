#pragma once

// The settings of Istio's router, trafficRouting.istio, as Argo has them.

#include "base/json.h"
#include "base/object_meta.h"
#include "base/result.h"
#include "crds/routing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::traffic {

/// Which TLS or TCP routes: those whose matches are all about that port, and together about these
/// host names. What is not said is not asked for.
struct ConnectionRoutes {
  std::optional<int64_t> port;
  std::vector<std::string> sni_hosts;

  bool operator==(const ConnectionRoutes&) const = default;
};

/// A VirtualService, and which of its routes split the Rollout's traffic. Where none of a protocol
/// are named, those do that lead to both sides.
struct VirtualServiceRef {
  ObjectKey key;
  std::vector<std::string> http;  ///< By name.
  std::vector<ConnectionRoutes> tls;
  std::vector<ConnectionRoutes> tcp;

  bool operator==(const VirtualServiceRef&) const = default;
};

struct IstioConfig {
  std::vector<VirtualServiceRef> virtual_services;
  std::optional<crds::Subsets> subsets;
};

/// Reads and checks the settings; messages start with `path`. The DestinationRule is in the
/// Rollout's namespace, and a VirtualService too, unless its name is "NAME.NAMESPACE".
Result<IstioConfig> read_istio_config(const Json& config, const std::string& namespace_,
                                      const std::string& path);

}  // namespace sluice::traffic
