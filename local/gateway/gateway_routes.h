#pragma once

// Pure: from routes, Services and EndpointSlices to what the gateway does with each request.
//
//   HTTPRoutes ─(http_route.h)──────▶ routes of rules ─▶ matches, rules and pools ─▶ HAProxy's maps
//   Ingresses ──(ingress_routes.h)──▶ (gateway_rules.h)  (this file) (haproxy_changes.h)
//
// A Service's endpoints are cut into pools, one a ReplicaSet, and the Service's weight is shared
// among them by their number of endpoints, as if each endpoint were drawn alike. So one pool holds
// one revision, no retry within a pool can cross revisions, and each line of the access log says
// which revision answered. The ReplicaSet is told by the pod's name ("shop-5b7c-x2x9z" →
// "shop-5b7c").

#include "local/gateway/gateway_objects.h"

#include <string>
#include <vector>

namespace sluice::local {

/// Weights become ranges of a number drawn for each request from [0, kSplitRange).
inline constexpr int64_t kSplitRange = 1'000'000'000;
/// A rule is split among at most this many pools; one beyond that answers 500.
inline constexpr size_t kArmsMax = 32;

/// Named by its pod, or by its address where it is no pod.
struct GatewayEndpoint {
  std::string name;
  std::string address;
  int port = 0;

  bool operator==(const GatewayEndpoint&) const = default;
};

struct GatewayPool {
  std::string name;                        ///< "namespace/service/port/replicaset".
  std::vector<GatewayEndpoint> endpoints;  ///< Ordered by name.

  bool operator==(const GatewayPool&) const = default;
};

/// Draws below `until` (and not below the arm before) go to the target.
struct GatewayArm {
  int64_t until = 0;
  ArmTarget target = ArmTarget::Broken;
  std::string pool;  ///< Empty unless the target is a pool.

  bool operator==(const GatewayArm&) const = default;
};

struct PlannedRule {
  /// "namespace/route/" and a digest of hosts and matches: the same as long as it stands for the
  /// same requests, whatever its weights and its place.
  std::string id;
  RouteId route;
  std::vector<GatewayArm> arms;  ///< The last one ends at kSplitRange.

  bool operator==(const PlannedRule&) const = default;
};

/// The first one whose pattern holds decides.
struct PlannedMatch {
  std::string pattern;  ///< See haproxy_pattern.h.
  std::string rule;

  bool operator==(const PlannedMatch&) const = default;
};

/// What has become of a route, for its status.
struct RouteVerdict {
  RouteId route;
  std::string uid;  ///< Generations count from 1 again when a route is deleted and made anew.
  int64_t generation = 0;
  bool served = true;                  ///< False: not ours to serve, or nothing to serve.
  std::vector<GatewayParent> parents;  ///< Those to answer, of an HTTPRoute.
  RouteCondition accepted;
  RouteCondition resolved_refs;

  bool operator==(const RouteVerdict&) const = default;
};

struct GatewayPlan {
  std::vector<PlannedMatch> matches;   ///< In the order of precedence of the Gateway API.
  std::vector<PlannedRule> rules;      ///< Ordered by id.
  std::vector<GatewayPool> pools;      ///< Ordered by name; also those that get nothing now.
  std::vector<RouteVerdict> verdicts;  ///< One a route.

  bool operator==(const GatewayPlan&) const = default;
};

GatewayPlan plan_gateway(const GatewayObjects& objects);

}  // namespace sluice::local
