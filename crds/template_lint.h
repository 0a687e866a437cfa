#pragma once

// What an API server would say of the pod templates in an object, before one is asked.

#include "base/json.h"
#include "crds/field_problem.h"

namespace sluice::crds {

/// Looks at the templates of Rollouts, Experiments, Deployments and ReplicaSets, at Pods, and at
/// the Jobs of analyses; other kinds have no problems.
FieldProblems check_pod_templates(const Json& object);

/// The name, labels and annotations of any object.
FieldProblems check_metadata(const Json& object);

}  // namespace sluice::crds
