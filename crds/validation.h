#pragma once

// What is wrong with a Rollout beyond its schema: the same sentences for lint, for the InvalidSpec
// condition and for events. Rules follow Argo's validation (argo-api: 2.11).

#include "crds/field_problem.h"
#include "crds/rollout.h"

#include <functional>
#include <map>
#include <string>

namespace sluice::crds {

/// Problems that the Rollout shows by itself.
FieldProblems validate_rollout(const Rollout& rollout);

/// What matters of a Service that a Rollout refers to.
struct ServiceFacts {
  StringMap selector;
  std::string managed_by;  ///< The managed-by annotation: a Rollout's name, or "".
};

/// The Service of that name in the Rollout's namespace, or null.
using FindService = std::function<const ServiceFacts*(const std::string& name)>;

/// Problems with the Services that the strategy names: missing, managed by another Rollout, or
/// selecting other pods than the template's.
FieldProblems validate_services(const Rollout& rollout, const FindService& find);

/// A place where the strategy refers to an analysis, with its path.
struct AnalysisUse {
  std::string path;
  const RolloutAnalysis* analysis = nullptr;  ///< Owned by the Rollout.
  /// The rollout goes on only when it has ended: a step, but not the background.
  bool is_waited_for = false;
};

std::vector<AnalysisUse> analysis_uses(const Rollout& rollout);

/// "The Rollout "shop" is invalid: path: message; path: message": as status shows it. What would
/// not fit an event is counted: "; and 3 more".
std::string invalid_spec_message(const std::string& rollout_name, const FieldProblems& problems);

}  // namespace sluice::crds
