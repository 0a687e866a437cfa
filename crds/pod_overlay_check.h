#pragma once

#include "crds/field_problem.h"
#include "crds/rollout.h"

namespace sluice::crds {

/// What of the metadata and the anti-affinity of a strategy could not be laid over its pods.
FieldProblems check_pod_overlays(const RolloutSpec& spec);

}  // namespace sluice::crds
