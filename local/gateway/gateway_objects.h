#pragma once

// What the gateway reads, cut down to the fields that decide where a request goes: HTTPRoutes and
// Ingresses, which say what is wanted, Services and EndpointSlices, which say where it is.

#include "local/gateway/gateway_rules.h"
#include "local/gateway/ingress.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::local {

struct GatewayServicePort {
  std::string name;  ///< By which EndpointSlices name it; empty for a single port.
  int port = 0;

  bool operator==(const GatewayServicePort&) const = default;
};

struct GatewayService {
  ObjectKey key;
  std::vector<GatewayServicePort> ports;

  bool operator==(const GatewayService&) const = default;
};

/// One address of a slice that may be given requests.
struct GatewaySliceEndpoint {
  std::string address;
  std::string pod;  ///< Empty where the target is no pod.

  bool operator==(const GatewaySliceEndpoint&) const = default;
};

struct GatewaySlice {
  ObjectKey key;
  std::string service;
  std::map<std::string, int> ports;  ///< Number by name.
  std::vector<GatewaySliceEndpoint> ready;

  bool operator==(const GatewaySlice&) const = default;
};

/// Everything that a plan is made of.
struct GatewayObjects {
  std::map<ObjectKey, GatewayRoute> routes;
  std::map<ObjectKey, Ingress> ingresses;
  std::map<ObjectKey, GatewayService> services;
  std::map<ObjectKey, GatewaySlice> slices;
};

/// Errors are Invalid and name the field; the API server's schemas leave few.
Result<GatewayService> decode_gateway_service(const Json& object);
Result<GatewaySlice> decode_gateway_slice(const Json& object);

}  // namespace sluice::local
