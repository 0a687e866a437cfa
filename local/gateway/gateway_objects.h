#pragma once

// What the gateway reads: HTTPRoutes (gateway.networking.k8s.io/v1), Services and EndpointSlices,
// cut down to the fields that decide where a request goes.

#include "base/json.h"
#include "base/object_meta.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

inline constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";

/// Where a route wants to be attached; echoed in its status.
struct GatewayParent {
  std::string group;
  std::string kind;
  std::string namespace_;  ///< Empty: the route's own.
  std::string name;
  std::string section_name;
  int port = 0;  ///< 0: none given.

  bool operator==(const GatewayParent&) const = default;
};

enum class PathMatchType { Exact, PathPrefix, RegularExpression };

struct HeaderMatch {
  std::string name;  ///< Lower case.
  std::string value;
  bool regular_expression = false;

  bool operator==(const HeaderMatch&) const = default;
};

/// A request matches when all of it holds.
struct GatewayMatch {
  PathMatchType path_type = PathMatchType::PathPrefix;
  std::string path = "/";
  std::vector<HeaderMatch> headers;
  std::string method;  ///< Empty: any.

  bool operator==(const GatewayMatch&) const = default;
};

struct GatewayBackend {
  std::string group;
  std::string kind = "Service";
  std::string namespace_;  ///< Filled with the route's own where none is given.
  std::string name;
  int port = 0;        ///< The Service's port; 0: none given.
  int64_t weight = 1;  ///< A share of the sum of the rule's weights.

  bool operator==(const GatewayBackend&) const = default;
};

struct GatewayRule {
  std::vector<GatewayMatch> matches;  ///< Any of them.
  std::vector<GatewayBackend> backends;
  /// Paths of fields that the gateway lacks and that would change the answer: the rule answers 500.
  std::vector<std::string> unsupported;
  /// Paths of fields whose matches were left out, because the gateway cannot test them.
  std::vector<std::string> untestable;
  /// Paths of fields that the gateway lacks and a request can do without.
  std::vector<std::string> ignored;

  bool operator==(const GatewayRule&) const = default;
};

struct GatewayRoute {
  ObjectKey key;
  std::string uid;
  int64_t generation = 0;
  SystemTime created{};
  std::vector<GatewayParent> parents;
  std::vector<std::string> hostnames;  ///< Lower case; empty: any.
  std::vector<GatewayRule> rules;

  bool operator==(const GatewayRoute&) const = default;
};

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
  std::map<ObjectKey, GatewayService> services;
  std::map<ObjectKey, GatewaySlice> slices;
};

/// Errors are Invalid and name the field; the API server's schemas leave few.
Result<GatewayRoute> decode_gateway_route(const Json& object);
Result<GatewayService> decode_gateway_service(const Json& object);
Result<GatewaySlice> decode_gateway_slice(const Json& object);

}  // namespace sluice::local
