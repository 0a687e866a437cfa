#pragma once

// Routers by the name that a Rollout's trafficRouting gives them. An unknown name is an error that
// lists the known ones, never a default.

#include "crds/rollout.h"
#include "traffic/router.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sluice::traffic {

class RouterRegistry {
 public:
  /// Makes a router of its slice of the spec; `path` is the slice's field path for messages.
  using Factory = std::function<Result<std::unique_ptr<Router>>(
      const Json& config, const std::string& namespace_, const std::string& path)>;

  /// Registering a name twice is a broken invariant.
  void add(std::string name, Factory factory);

  Result<std::unique_ptr<Router>> make(const crds::RouterSpec& spec,
                                       const std::string& namespace_) const;

 private:
  std::map<std::string, Factory> factories_;
};

/// "spec.strategy.canary.trafficRouting.gatewayAPI", or "….plugins[argoproj-labs/gatewayAPI]".
std::string router_path(const crds::RouterSpec& spec);

/// The registry with every router that Sluice has.
RouterRegistry builtin_routers();

}  // namespace sluice::traffic
