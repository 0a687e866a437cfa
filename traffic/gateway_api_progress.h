#pragma once

// The label that tells GitOps tools to leave an HTTPRoute alone while a canary has weight. Several
// Rollouts may have rules in one route: an annotation lists the canary Services that have weight,
// and the label stays until the last of them is done. Pure.

#include "base/json.h"
#include "crds/routes.h"

#include <string>

namespace sluice::traffic {

struct ProgressLabel {
  std::string key;  ///< Empty: no label, and no annotation.
  std::string value;
};

/// Appends to the JSON patch what makes label and annotation of `route` right, once its rules are
/// `rules`. Who is listed without weight in them, as after the end of a Rollout that nobody saw, is
/// forgotten.
void mark_progress(const Json& route, const Json& rules, const crds::Routes& routes,
                   const ProgressLabel& label, Json& patch);

}  // namespace sluice::traffic
