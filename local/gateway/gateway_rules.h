#pragma once

// What the gateway serves, whichever kind of object asked for it: routes of rules, each of which
// says which requests it is for and among which Services they are shared. A source (http_route.h,
// ingress.h) turns objects of its kind into routes; gateway_routes.h makes a plan of them.

#include "base/object_meta.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

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

struct GatewayHost {
  std::string name;        ///< Lower case; "*.name": what ends in it; empty: any.
  bool one_label = false;  ///< The wildcard stands for one label instead of any number.

  bool operator==(const GatewayHost&) const = default;
};

enum class PathMatchType { Exact, PathPrefix, RegularExpression };

struct HeaderMatch {
  std::string name;  ///< Lower case.
  std::string value;
  bool regular_expression = false;  ///< For the whole value.

  bool operator==(const HeaderMatch&) const = default;
};

/// A request matches when all of it holds.
struct GatewayMatch {
  PathMatchType path_type = PathMatchType::PathPrefix;
  std::string path = "/";
  std::vector<HeaderMatch> headers;
  std::string method;  ///< Empty: any.
  /// Between matches that are as specific as each other the higher one is asked first.
  int priority = 0;

  bool operator==(const GatewayMatch&) const = default;
};

struct GatewayBackend {
  std::string group;
  std::string kind = "Service";
  std::string namespace_;  ///< Filled with the route's own where none is given.
  std::string name;
  int port = 0;           ///< The Service's port; 0: none given.
  std::string port_name;  ///< In the place of a number.
  int64_t weight = 1;     ///< A share of the sum of the rule's weights.
  /// Another route's, which tells in its status where it leads.
  bool lent = false;

  bool operator==(const GatewayBackend&) const = default;
};

/// What a share of a rule leads to.
enum class ArmTarget {
  Pool,
  Unavailable,  ///< 503: a Service without ready endpoints, never another revision's pods.
  Broken,       ///< 500: a reference that cannot be resolved.
};

struct GatewayRule {
  std::vector<GatewayHost> hosts = {GatewayHost{}};  ///< Any of them.
  std::vector<GatewayMatch> matches;                 ///< Any of them.
  std::vector<GatewayBackend> backends;
  /// Gets the shares of backends that have no ready endpoints.
  std::optional<GatewayBackend> stand_in;
  /// What the share of a backend that does not exist answers.
  ArmTarget missing = ArmTarget::Broken;
  /// For what no other rule of any route is for.
  bool fallback = false;
  /// Paths of fields that the gateway lacks and that would change the answer: the rule answers 500.
  std::vector<std::string> unsupported;
  /// Paths of filters that would send copies of the requests, and do not: those who ask are
  /// answered all the same.
  std::vector<std::string> unmirrored;
  /// Paths of fields whose matches were left out, because the gateway cannot test them.
  std::vector<std::string> untestable;
  /// Paths of fields that the gateway lacks and a request can do without.
  std::vector<std::string> ignored;

  bool operator==(const GatewayRule&) const = default;
};

struct RouteCondition {
  bool status = true;
  std::string reason;
  std::string message;

  bool operator==(const RouteCondition&) const = default;
};

enum class RouteKind { HttpRoute, Ingress };

struct RouteId {
  RouteKind kind = RouteKind::HttpRoute;
  ObjectKey key;

  auto operator<=>(const RouteId&) const = default;
};

/// The rules of one object.
struct GatewayRoute {
  RouteId id;
  std::string uid;
  int64_t generation = 0;
  SystemTime created{};
  bool served = true;                  ///< False: it is for somebody else.
  std::vector<GatewayParent> parents;  ///< Of HTTPRoutes: those of kind Gateway.
  std::vector<GatewayRule> rules;
  std::vector<GatewayBackend> lends;  ///< Backends of its own that rules of other routes use.
  RouteCondition accepted{true, "Accepted", ""};  ///< As far as the object alone tells.

  bool operator==(const GatewayRoute&) const = default;
};

}  // namespace sluice::local
