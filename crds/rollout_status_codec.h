#pragma once

// The status half of the Rollout's codec.

#include "crds/rollout.h"

namespace sluice::crds {

class FieldReader;

RolloutStatus read_rollout_status(const FieldReader& from);

}  // namespace sluice::crds
