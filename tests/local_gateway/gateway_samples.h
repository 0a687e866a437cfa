#pragma once

// Small objects for the tests of the gateway.

#include "local/gateway/gateway_objects.h"
#include "local/gateway/gateway_routes.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::local {

/// A route of that name in namespace "default" with one rule for everything, attached to a Gateway.
GatewayRoute sample_route(const std::string& name,
                          std::initializer_list<std::pair<const char*, int64_t>> weights);

/// An Ingress of that name in namespace "default" with one rule, for everything.
Ingress sample_ingress(const std::string& name, const std::string& service,
                       std::optional<IngressCanary> canary = {});

/// A Service with port 80.
GatewayService sample_service(const std::string& name);

/// A pod's name and its address; its container listens on `port`.
struct SamplePod {
  std::string name;
  std::string address;
};

GatewaySlice sample_slice(const std::string& service, const std::vector<SamplePod>& pods,
                          int port = 8080);

void put(GatewayObjects& objects, GatewayRoute route);
void put(GatewayObjects& objects, Ingress ingress);
void put(GatewayObjects& objects, GatewayService service);
void put(GatewayObjects& objects, GatewaySlice slice);

/// Stable and canary with one pod each, and a route that splits 90:10 between them.
GatewayObjects sample_shop();

/// How wide the arms of a rule are together: by pool, or by the answer that they give.
std::map<std::string, int64_t> arm_widths(const PlannedRule& rule);

}  // namespace sluice::local
