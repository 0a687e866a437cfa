#pragma once

// The subsets of a DestinationRule, which select pods by their labels as Services do. Of the rule
// only the label with a revision's hash is a Rollout's, in the subsets that its settings name, and
// the annotation with the Rollout's name. Pure, on JSON values.

#include "base/json.h"
#include "crds/routing.h"
#include "traffic/router.h"

#include <map>
#include <string>

namespace sluice::traffic {

/// The subset of that name, or null.
const Json* find_subset(const Json& rule, const std::string& name);

/// By the names of their sides: the two that the settings name, and others that the Rollout has
/// left its label in.
std::map<std::string, Selection> subset_selections(const Json& rule, const crds::Subsets& named,
                                                   const std::string& rollout);

/// The JSON patch that makes a subset select the revision of `hash`, in the Rollout's name; with ""
/// that takes the label away, and with the last one the name, where it is the Rollout's. Empty
/// where it is so, or there is no such subset.
Json subset_patch(const Json& rule, const std::string& subset, const std::string& hash,
                  const std::string& rollout);

}  // namespace sluice::traffic
