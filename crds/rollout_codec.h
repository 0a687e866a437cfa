#pragma once

// JSON to and from the Rollout. The status is written field by field: a patch between two encoded
// statuses touches only what this engine models, so that fields of other writers stay.

#include "base/json.h"
#include "crds/field_problem.h"
#include "crds/rollout.h"

namespace sluice::crds {

/// Reads the whole object. Problems name the field; unknown fields are passed over (a router that
/// is not known comes out as a RouterSpec of that kind, for its registry to refuse).
Decoded<Rollout> decode_rollout(const Json& document);

Json encode_rollout_status(const RolloutStatus& status);

/// A merge patch {"status": …} that turns `from` into `to`; an empty object where they are equal.
Json make_status_patch(const RolloutStatus& from, const RolloutStatus& to);

}  // namespace sluice::crds
