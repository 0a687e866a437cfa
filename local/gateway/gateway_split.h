#pragma once

// Pure: how the requests of one rule are divided among pools.

#include "local/gateway/gateway_routes.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::local {

/// The pools of all Services that routes refer to, made as rules ask for them.
class GatewayPools {
 public:
  explicit GatewayPools(const GatewayObjects& objects);

  /// Names of the pools with ready endpoints behind a Service's port, in order. The Service and the
  /// port must exist.
  const std::vector<std::string>& of(const GatewayBackend& backend);

  const GatewayPool& pool(const std::string& name) const { return pools_.at(name); }

  /// All pools asked for so far, by name.
  std::vector<GatewayPool> all() const;

 private:
  void collect(const ObjectKey& service, const GatewayServicePort& port, const std::string& prefix);

  const GatewayObjects& objects_;
  std::map<ObjectKey, std::vector<const GatewaySlice*>> slices_;  ///< By Service.
  std::map<std::string, std::vector<std::string>> by_port_;       ///< By "namespace/service/port".
  std::map<std::string, GatewayPool> pools_;
};

/// Why a reference leads nowhere; reason empty where it leads to a Service's port.
RouteCondition check_backend(const GatewayBackend& backend, const std::string& route_namespace,
                             const GatewayObjects& objects);

struct RuleSplit {
  std::vector<GatewayArm> arms;
  /// The first reference of the route's own that cannot be resolved; reason empty where all can.
  RouteCondition unresolved;
};

RuleSplit split_rule(const GatewayRule& rule, const std::string& route_namespace,
                     const GatewayObjects& objects, GatewayPools& pools);

/// The arms of a rule that answers every request with an error.
std::vector<GatewayArm> single_arm(ArmTarget target);

}  // namespace sluice::local
