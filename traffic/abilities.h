#pragma once

// What each router can do: one row a router, which lint, the controller's errors and
// docs/routers/README.md read. A Rollout that asks for more than its routers can is refused.

#include "crds/field_problem.h"
#include "crds/rollout.h"

#include <cstdint>
#include <string>

namespace sluice::traffic {

class RouterRegistry;

/// Which requests a header route with several headers is about.
enum class HeaderRoutes { None, AllHeaders, AnyHeader };

/// Which requests may be mirrored by their method.
enum class MirrorRoutes { None, ExactMethods, AnyMethods };

struct Abilities {
  int64_t most_weight = 1'000'000;  ///< What weights may add up to (maxTrafficWeight).
  HeaderRoutes header_routes = HeaderRoutes::None;
  MirrorRoutes mirror_routes = MirrorRoutes::None;
  bool subsets = false;   ///< It can split between subsets of one Service.
  bool confirms = false;  ///< It tells when the data plane has taken a weight up.
};

/// What the strategy asks of its routers that they cannot do: a managed route that none of them
/// has, or what one of those that have it cannot. Routers that are not known are no matter here.
crds::FieldProblems beyond_abilities(const crds::CanaryStrategy& canary,
                                     const RouterRegistry& registry);

/// The router's row of the table in docs/routers/README.md, with its name.
std::string ability_row(const std::string& router, const Abilities& abilities);

}  // namespace sluice::traffic
