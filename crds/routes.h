#pragma once

// Routes: what the routers of a Rollout are asked to do, as a value. The engine decides it, the
// routers render it: which share of the requests goes to which Service, and which requests go to
// the canary by their headers. Services and hashes are those that the engine decided on, which need
// not be those that the spec names now.

#include "crds/rollout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::crds {

/// What a destination is to the update.
enum class Role { Stable, Canary };

struct Destination {
  Role role = Role::Stable;
  std::string service;
  std::string hash;    ///< Of the revision behind the Service; "" where there is none yet.
  int64_t weight = 0;  ///< Of Routes::total.

  bool operator==(const Destination&) const = default;
};

/// Requests that bear all the headers go to the canary, whatever the weights.
struct HeaderRoute {
  std::string name;
  std::vector<HeaderMatch> match;

  bool operator==(const HeaderRoute&) const = default;
};

struct Routes {
  int64_t total = 100;  ///< What the weights of all destinations add up to.
  std::vector<Destination> destinations;
  /// In the order in which they are tried; a managed route that is not listed is removed.
  std::vector<HeaderRoute> header_routes;
  /// The names that belong to the Rollout (trafficRouting.managedRoutes).
  std::vector<std::string> managed;

  /// The destination of that role; one without a Service and without weight where there is none.
  const Destination& to(Role role) const;

  const Destination& stable() const { return to(Role::Stable); }

  const Destination& canary() const { return to(Role::Canary); }

  bool operator==(const Routes&) const = default;
};

/// A stable and a canary Service that share `total`; `weight` of it, in 0..total, is the canary's.
Routes two_way_routes(std::string stable, std::string canary, int64_t total, int64_t weight);

}  // namespace sluice::crds
