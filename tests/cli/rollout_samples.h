#pragma once

// The samples of tests/verbs/ as objects of the API.

#include "base/time.h"
#include "cli/look/rollout_info.h"
#include "tests/verbs/rollout_samples.h"

namespace sluice::cli::test {

using verbs::test::decode;
using verbs::test::healthy_rollout;
using verbs::test::paused_rollout;
using verbs::test::replica_set;

/// When people look at the samples.
inline const SystemTime kNow = *parse_time("2026-11-21T12:10:00Z");

/// The Rollout with its ReplicaSets one and two, and three where it is not promoted.
RolloutObjects objects_of(const Json& rollout);
kube::Object object(const Json& document);

}  // namespace sluice::cli::test
