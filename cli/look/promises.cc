#include "cli/look/promises.h"

#include "base/whole_number.h"
#include "cli/look/rollout_state.h"
#include "verbs/verb_types.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

/// The status does not answer it yet.
bool is_open(std::string_view verb, const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (verb == "abort" || verb == "rollback")
    return status.abort && status.phase != crds::RolloutPhase::Degraded;
  if (verb == "retry") return !speaks_of_newest(rollout);
  const bool paused = status.phase == crds::RolloutPhase::Paused && !rollout.spec.paused;
  return verb == "promote" && paused && status.pause_conditions.empty() &&
         verbs::freeze_text(rollout).empty();
}

/// These change nothing but the status.
bool is_of_status(std::string_view verb) {
  constexpr std::array<std::string_view, 3> kVerbs = {"abort", "retry", "promote"};
  return std::ranges::find(kVerbs, verb) != kVerbs.end();
}

}  // namespace

std::vector<verbs::ActionRecord> promises_of(const crds::Rollout& rollout, SystemTime now) {
  const int64_t seen = whole_number<int64_t>(rollout.status.observed_generation).value_or(0);
  const bool observed = verbs::is_observed(rollout);
  std::vector<verbs::ActionRecord> promises = verbs::read_actions(rollout);
  bool newest = true;
  std::erase_if(promises, [&](const verbs::ActionRecord& action) {
    // A record is made of the generation that its verb found.
    const bool unseen = !observed && action.generation >= seen && !is_of_status(action.verb);
    const bool open = std::exchange(newest, false) && is_open(action.verb, rollout);
    // One of a clock that is ahead is of any age.
    const bool young = action.at <= now && now - action.at < kPromiseYoung;
    return young || (!unseen && !open);
  });
  return promises;
}

std::vector<std::string> promise_lines(const crds::Rollout& rollout, SystemTime now) {
  std::vector<std::string> lines;
  for (const verbs::ActionRecord& action : promises_of(rollout, now))
    lines.push_back(action_line(action) + "; no controller has acted upon it yet");
  return lines;
}

}  // namespace sluice::cli
