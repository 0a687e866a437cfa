#pragma once

// The verbs that stop an update and let it go on: abort, retry, pause, resume, restart.
// Retry, pause and resume are for the revision that was seen: Invalid where another is current.

#include "verbs/verb_types.h"

namespace sluice::verbs {

/// Sends all traffic back to the stable revision; the reason is shown wherever the abort is. It
/// holds for the update that was seen, however often its status changes meanwhile.
Decision abort(const crds::Rollout& rollout, const Ask& ask);

/// Starts an aborted update again from its first step; one that waits for an answer about an
/// analysis has it run again.
Result<Decision> retry(const crds::Rollout& rollout, const Ask& ask);

/// Holds the Rollout where it is, until resume or promote.
Result<Decision> pause(const crds::Rollout& rollout, const Ask& ask);

/// Sets spec.restartAt to now.
Decision restart(const crds::Rollout& rollout, const Ask& ask);

/// Takes back `pause`, and nothing else: a pause of the steps goes on.
Result<Decision> resume(const crds::Rollout& rollout, const Ask& ask);

}  // namespace sluice::verbs
