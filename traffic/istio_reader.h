#pragma once

// What the routes of a VirtualService are to a Rollout, and what they ask for now.
//
// Istio sends a destination weight / (sum of the route's weights). The two sides and the
// destinations of others share the total: others keep their weights, and what they have is not the
// stable side's. With 20 for an audit Service and 10 for the canary, 70 of 100 are left to stable;
// with 90 for the canary none, and all three add up to 110. Where others have the whole total
// already, the two sides share another one.

#include "base/json.h"
#include "crds/routes.h"
#include "traffic/istio_config.h"
#include "traffic/istio_destinations.h"

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace sluice::traffic {

/// The lists of routes that a VirtualService has.
inline constexpr std::array kIstioProtocols{"http", "tls", "tcp"};

class IstioReader {
 public:
  /// All outlive it. `spec`: that of the VirtualService.
  IstioReader(const Json& spec, const VirtualServiceRef& ref, const IstioDestinations& to,
              const crds::Routes& routes)
      : spec_(spec), ref_(ref), to_(to), routes_(routes) {}

  const Json& spec() const { return spec_; }

  const VirtualServiceRef& ref() const { return ref_; }

  const IstioDestinations& to() const { return to_; }

  const crds::Routes& routes() const { return routes_; }

  /// The managed route of today that an HTTP route is of; null where it is none.
  const std::string* managed_route_of(const Json& route) const;

  /// The former sides whose managed HTTP route it is; null where it is of today or nobody's.
  const crds::FormerPair* former_owner_of(const Json& route) const;

  /// It splits the Rollout's traffic: it is meant by the settings, and leads to both sides.
  bool splits(const char* protocol, const Json& route) const;

  /// The settings mean it. Where they name none of its protocol, they mean each.
  bool is_meant(const char* protocol, const Json& route) const;

  /// The former canary's destination; null where the route is not that pair's to share.
  const Json* former_destination(const char* protocol, const Json& route,
                                 const crds::FormerPair& pair) const;

  /// What the destinations of others have of the total.
  int64_t weight_of_others(const Json& route) const;

  /// The destinations of others have the whole total: there is no share to split.
  bool is_taken(const Json& route) const;

  /// What is left to the stable side beside `canary`.
  int64_t stable_weight(const Json& route, int64_t canary) const;

  /// The canary's weight in every route that splits; absent where they disagree, where the weights
  /// are not those of a split, and where none splits.
  std::optional<int64_t> canary_weight() const;

  /// The most that a route gives to a former canary side; the whole for a managed route.
  int64_t former_weight() const;

  /// The managed routes that there are.
  std::set<std::string> managed_routes() const;

 private:
  const std::string* managed_route_of(const Json& route, const std::vector<std::string>& managed,
                                      const std::string& canary) const;
  bool is_managed(const char* protocol, const Json& route) const;
  bool mirrors_to(const Json& route, const std::string& side) const;

  const Json& spec_;
  const VirtualServiceRef& ref_;
  const IstioDestinations& to_;
  const crds::Routes& routes_;
};

}  // namespace sluice::traffic
