#pragma once

// The objects of Istio in a cluster that applies patches, and the router of the Rollout
// "default/shop" over them.

#include "crds/routes.h"
#include "traffic/router.h"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>

namespace sluice::traffic::test {

/// `http` as in spec.http.
Json virtual_service(const Json& http);

/// {host, weight} each; with "host/subset" one of a subset.
Json destinations(const std::vector<std::pair<std::string, int64_t>>& all);

/// Of the hosts shop-stable and shop-canary, or of the subsets stable and canary of host shop.
crds::Routes shop_split(int64_t weight, int64_t total = 100);
crds::Routes subset_split(int64_t weight);

struct IstioWorld {
  /// `config`: trafficRouting.istio.
  explicit IstioWorld(const Json& config);

  FindObject find() const;

  /// Applies what the router renders; the number of changes.
  size_t apply(const crds::Routes& routes);
  size_t select(const std::string& side, const std::string& hash);

  /// The first fault, or "".
  std::string fault(const crds::Routes& routes) const;

  Json& object(const std::string& name) { return objects.at(name); }

  Json& http() { return objects.at("default/shop")["spec"]["http"]; }

  /// By "namespace/name"; that of the DestinationRule begins with "rule:".
  std::map<std::string, Json> objects;
  std::unique_ptr<Router> router;

 private:
  size_t take(const std::vector<ObjectChange>& changes);
};

}  // namespace sluice::traffic::test
