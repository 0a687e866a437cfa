#pragma once

// The rules of an HTTPRoute, edited as JSON values: weights of the two backends, managed rules for
// header routes and mirror routes. Pure; the router wraps it.

#include "base/json.h"
#include "base/result.h"
#include "crds/routes.h"

#include <optional>
#include <set>
#include <string>

namespace sluice::traffic {

struct EditedRules {
  Json rules;
  /// What keeps a managed route from being as it is asked for; all else is.
  std::optional<Error> fault;
};

/// `rules` with the weights and the managed rules that `routes` asks for. Other backends and rules
/// stay as they are, also the managed rules of other Rollouts, whatever their names; an order among
/// them is no reason to write. Fails where no rule holds both Services and nothing of former ones
/// is left to take back, and where the cluster drops the names of managed rules.
Result<EditedRules> edit_rules(const Json& rules, const crds::Routes& routes, bool with_managed);

/// The canary's weight in every rule that holds both Services; absent where a weight is missing,
/// rules disagree or the two do not add up to the total.
std::optional<int64_t> canary_weight_of(const Json& rules, const crds::Routes& routes);

/// The most that the rules give to a former canary Service; the whole for a managed rule.
int64_t former_weight_of(const Json& rules, const crds::Routes& routes);

/// The managed routes that the rules hold.
std::set<std::string> managed_routes_of(const Json& rules, const crds::Routes& routes);

/// Those among them that mirror without a share.
std::set<std::string> whole_mirrors_of(const Json& rules, const crds::Routes& routes);

}  // namespace sluice::traffic
