#pragma once

// The status half of the Rollout's codec.

#include "crds/rollout.h"

namespace sluice::crds {

class FieldReader;

/// status.waitingFor as the API has it.
Json encode_waits(const std::vector<Wait>& waits);

RolloutStatus read_rollout_status(const FieldReader& from);

}  // namespace sluice::crds
