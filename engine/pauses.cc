#include "engine/pauses.h"

#include "engine/analysis_runs.h"
#include "engine/freeze.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace sluice::engine {
namespace {

constexpr Duration kMinimumWait = std::chrono::milliseconds(1);

bool was_resumed(const Draft& draft) {
  return draft.status.controller_pause && draft.status.pause_conditions.empty();
}

void end_pause(Draft& draft, std::string_view reason) {
  drop_pause(draft, reason);
  draft.news(kRolloutResumed, "Rollout is resumed");
}

SystemTime begin_pause(Draft& draft, std::string_view reason, const StringMap& params) {
  const SystemTime start = next_whole_second(draft.facts.now());
  draft.status.pause_conditions.push_back({std::string(reason), start});
  draft.status.controller_pause = true;
  draft.news(kRolloutPaused, fmt::format("Rollout is paused ({})", reason), params);
  return start;
}

bool is_over(Draft& draft, SystemTime start, std::optional<Duration> duration) {
  if (!duration) {
    draft.wait(kWaitingForPromotion, "until somebody promotes");
    return false;
  }
  const SystemTime end = start + *duration;
  if (draft.facts.now() >= end) return true;
  draft.wake(std::max(end, draft.facts.now() + kMinimumWait));
  draft.wait(kWaitingForPause, "until " + format_time(end), end);
  return false;
}

}  // namespace

bool pass_pause(Draft& draft, std::string_view reason, std::optional<Duration> duration,
                const StringMap& params) {
  auto& pauses = draft.status.pause_conditions;
  const auto pause = std::ranges::find(pauses, reason, &crds::PauseCondition::reason);
  if (pause == pauses.end() && was_resumed(draft)) {
    end_pause(draft, reason);
    return true;
  }
  if (pause == pauses.end()) {
    is_over(draft, begin_pause(draft, reason, params), duration);
    return false;
  }
  // The clock may have been set back since.
  pause->start_time = std::min(pause->start_time, next_whole_second(draft.facts.now()));
  if (!is_over(draft, pause->start_time, duration)) return false;
  end_pause(draft, reason);
  return true;
}

void drop_pause(Draft& draft, std::string_view reason) {
  std::erase_if(draft.status.pause_conditions,
                [&](const crds::PauseCondition& pause) { return pause.reason == reason; });
  draft.status.controller_pause = !draft.status.pause_conditions.empty();
}

bool may_advance(Draft& draft) {
  if (!is_underway(draft.course())) {
    if (draft.course() == Course::Aborted)
      draft.wait(kWaitingForRetry, "aborted: waits for a retry or for another revision");
    draft.status.pause_conditions.clear();
    draft.status.controller_pause = false;
    return false;
  }
  if (!draft.halted()) return true;
  if (is_frozen(draft)) wait_for_thaw(draft);
  if (draft.has_question()) wait_for_answer(draft);
  return false;
}

}  // namespace sluice::engine
