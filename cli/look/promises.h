#pragma once

// What people have asked of a Rollout and no controller has acted upon yet, as their records and
// the status tell. Pure.

#include "crds/rollout.h"
#include "verbs/action_record.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// A controller that runs acts sooner than that: what is younger is no news.
inline constexpr Duration kPromiseYoung = std::chrono::seconds(5);

/// The newest first. Those that changed the spec wait until a controller has seen it; a verb that
/// is written into the status waits as long as that speaks otherwise.
std::vector<verbs::ActionRecord> promises_of(const crds::Rollout& rollout, SystemTime now);

/// A line for each.
std::vector<std::string> promise_lines(const crds::Rollout& rollout, SystemTime now);

}  // namespace sluice::cli
