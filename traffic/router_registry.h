#pragma once

// Routers by the name that a Rollout's trafficRouting gives them. An unknown name is an error that
// lists the known ones, never a default.

#include "base/object_meta.h"
#include "crds/rollout.h"
#include "traffic/abilities.h"
#include "traffic/router.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::traffic {

/// A kind of object that a router reads, as the API serves it; all of them live in namespaces.
struct ObjectKind {
  GroupVersionKind gvk;
  std::string plural;

  auto operator<=>(const ObjectKind&) const = default;
};

/// All that is to be known of a router before one is made.
struct RouterType {
  std::vector<ObjectKind> reads;
  Abilities abilities;
  /// Makes a router of its slice of the spec; `path` is the slice's field path for messages.
  Result<std::unique_ptr<Router>> (*make)(const Json& config, const RouterOwner& owner,
                                          const std::string& path) = nullptr;
};

class RouterRegistry {
 public:
  /// Registering a name twice is a broken invariant.
  void add(std::string name, RouterType type);

  /// Null where no router has that name.
  const RouterType* find(const std::string& name) const;

  /// All, by name.
  const std::map<std::string, RouterType>& types() const { return types_; }

  /// The kinds that any of them reads.
  std::set<ObjectKind> reads() const;

  Result<std::unique_ptr<Router>> make(const crds::RouterSpec& spec,
                                       const RouterOwner& owner) const;

 private:
  std::map<std::string, RouterType> types_;
};

/// "spec.strategy.canary.trafficRouting.gatewayAPI", or "….plugins[argoproj-labs/gatewayAPI]".
std::string router_path(const crds::RouterSpec& spec);

/// The registry with every router that Sluice has.
RouterRegistry builtin_routers();

}  // namespace sluice::traffic
