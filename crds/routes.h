#pragma once

// Routes: what the routers of a Rollout are asked to do, as a value. The engine decides it, the
// routers render it: which share of the requests goes to which side, and which requests go to the
// canary by their headers. Sides and hashes are those that the engine decided on, which need not be
// those that the spec names now.
//
// A side is a Service, or a subset that selects pods as a Service does. It goes by one name: that
// of the Service, or "RULE/SUBSET", which no Service can have.

#include "crds/rollout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

/// What a destination is to the update.
enum class Role { Stable, Canary };

struct Destination {
  Role role = Role::Stable;
  std::string service;  ///< The side's name.
  std::string hash;     ///< Of the revision behind the Service; "" where there is none yet.
  int64_t weight = 0;   ///< Of Routes::total.

  bool operator==(const Destination&) const = default;
};

/// Requests that bear the headers go to the canary, whatever the weights: those that bear all of
/// them, or with Istio any of them, as Argo has it.
struct HeaderRoute {
  std::string name;
  std::vector<HeaderMatch> match;

  bool operator==(const HeaderRoute&) const = default;
};

/// Copies of matching requests go to the canary; who asked is answered by whom the weights say.
struct MirrorRoute {
  std::string name;
  std::vector<RequestMatch> match;
  int32_t percentage = 100;  ///< Of the matching requests, in 0..100.

  bool operator==(const MirrorRoute&) const = default;
};

/// Two sides that the Rollout had its traffic with, and that its strategy does not name so any
/// more. What is left of their split is taken back.
struct FormerPair {
  std::string stable;
  std::string canary;
  int64_t total = 100;
  /// The canary keeps no more than this; the stable Service gets the rest.
  int64_t most = 0;
  /// Their managed routes are removed.
  std::vector<std::string> managed;

  bool operator==(const FormerPair&) const = default;
};

struct Routes {
  int64_t total = 100;  ///< What the weights of all destinations add up to.
  std::vector<Destination> destinations;
  /// In the order in which they are tried; a managed route that is not listed is removed.
  std::vector<HeaderRoute> header_routes;
  /// The same. Those of both kinds are tried in the order of `managed`; no name is in both.
  std::vector<MirrorRoute> mirror_routes;
  /// The names that belong to the Rollout (trafficRouting.managedRoutes).
  std::vector<std::string> managed;
  /// What was routed before. A rule that splits between `destinations` is theirs all the same.
  std::vector<FormerPair> former;

  /// The destination of that role; one without a Service and without weight where there is none.
  const Destination& to(Role role) const;

  const Destination& stable() const { return to(Role::Stable); }

  const Destination& canary() const { return to(Role::Canary); }

  bool operator==(const Routes&) const = default;
};

/// The names of the two sides of a split; "" for one that is not named.
struct Sides {
  std::string stable;
  std::string canary;

  bool operator==(const Sides&) const = default;
};

Sides sides_of(const CanaryStrategy& canary);
Sides sides_of(const Routing& routing);

std::string subset_side(const std::string& rule, const std::string& subset);

bool is_subset(std::string_view side);

/// "service" or "subset": what a side of that name is.
std::string_view side_kind(std::string_view side);

/// The Service, or the DestinationRule of the subset.
ObjectName side_object(const std::string& side);

/// The routing of a strategy; absent where it has none.
std::optional<Routing> routing_of(const CanaryStrategy& canary);

/// What the status knows to have been routed otherwise than the spec says now, newest first.
std::vector<Routing> former_routings(const Rollout& rollout);

/// The pair of a former routing, to be taken back as a whole.
FormerPair former_pair(const Routing& routing);

/// What the weights add up to: maxTrafficWeight, 100 where none is declared, and never below 1.
int64_t total_of(const TrafficRouting& routing);

/// The share of a router that the Rollout has no more: it only takes back.
Routes only_former(const Routes& routes);

/// A stable and a canary side that share `total`; `weight` of it, in 0..total, is the canary's.
Routes two_way_routes(std::string stable, std::string canary, int64_t total, int64_t weight);

}  // namespace sluice::crds
