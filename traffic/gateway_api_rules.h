#pragma once

// The rules of an HTTPRoute, edited as JSON values: weights of the two backends, managed header
// rules. Pure; the router wraps it.

#include "base/json.h"
#include "crds/routes.h"

#include <optional>
#include <set>
#include <string>

namespace sluice::traffic {

/// `rules` with the weights and the header rules that `routes` asks for. Other backends and rules
/// stay as they are, also the header rules of other Rollouts, whatever their names; an order among
/// them is no reason to write. Fails where no rule holds both Services and nothing of former ones
/// is left to take back, and where the cluster drops the names of header rules.
Result<Json> edit_rules(const Json& rules, const crds::Routes& routes, bool with_header_routes);

/// The canary's weight in every rule that holds both Services; absent where a weight is missing,
/// rules disagree or the two do not add up to the total.
std::optional<int64_t> canary_weight_of(const Json& rules, const crds::Routes& routes);

/// The most that the rules give to a former canary Service; the whole for a header rule.
int64_t former_weight_of(const Json& rules, const crds::Routes& routes);

/// The managed routes that the rules hold.
std::set<std::string> header_routes_of(const Json& rules, const crds::Routes& routes);

}  // namespace sluice::traffic
