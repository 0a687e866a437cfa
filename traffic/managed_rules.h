#pragma once

// The names of managed rules: those that a Rollout adds to the rules of somebody's route for a
// header or mirror route. A managed route has a rule for each rule that splits; names within a
// route are unique. Pure, on JSON values.

#include "base/json.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::traffic {

/// "beta", and "beta.copy-1" where that is taken: by a further rule of the same managed route, or
/// by somebody else's. Adds it to the taken ones.
std::string free_rule_name(const std::string& managed, std::set<std::string>& taken);

/// The managed route whose rule this is by its name, or null.
const std::string* managed_by_name(const Json& rule, const std::vector<std::string>& managed);

}  // namespace sluice::traffic
