#include "engine/update_duration.h"

#include <algorithm>

namespace sluice::engine {
namespace {

using std::chrono::seconds;

SystemTime whole(SystemTime time) {
  return std::chrono::floor<seconds>(time);
}

/// Never negative, though the clock may have been set back.
int64_t seconds_between(SystemTime from, SystemTime to) {
  return std::max<int64_t>(std::chrono::floor<seconds>(to - from).count(), 0);
}

bool is_under_way(const crds::UpdateDuration& duration) {
  return duration.started_at && !duration.finished_at;
}

void end_pause(crds::UpdateDuration& duration, SystemTime now) {
  if (!duration.manual_pause_started_at) return;
  duration.manual_pause_seconds += seconds_between(*duration.manual_pause_started_at, now);
  duration.manual_pause_started_at.reset();
}

void end(crds::UpdateDuration& duration, Completion completion, SystemTime now) {
  if (!is_under_way(duration)) return;
  end_pause(duration, now);
  duration.finished_at = std::max(now, *duration.started_at);
  duration.completion_status = to_string(completion);
}

EndedUpdate summary(const crds::UpdateDuration& duration, SystemTime at) {
  return {.completion = duration.completion_status,
          .whole = seconds_between(*duration.started_at, at),
          .manual_pauses = duration.manual_pause_seconds};
}

}  // namespace

std::string_view to_string(Completion completion) {
  switch (completion) {
    case Completion::Promoted:
      return "Promoted";
    case Completion::FastPromoted:
      return "FastPromoted";
    case Completion::Aborted:
      return "Aborted";
    case Completion::Superseded:
      return "Superseded";
    case Completion::RolledBack:
      return "RolledBack";
    case Completion::FastRolledBack:
      break;
  }
  return "FastRolledBack";
}

crds::UpdateDuration follow_duration(const crds::UpdateDuration& before, const DurationNews& news) {
  crds::UpdateDuration after = before;
  const SystemTime now = whole(news.now);
  if (news.begun) after = {.started_at = now};
  if (news.ended) end(after, *news.ended, now);
  if (!is_under_way(after)) return after;
  if (!news.waits_for_person)
    end_pause(after, now);
  else if (!after.manual_pause_started_at)
    after.manual_pause_started_at = now;
  return after;
}

std::optional<EndedUpdate> ended_update(const crds::UpdateDuration& before,
                                        const crds::UpdateDuration& after) {
  if (after.finished_at && after.started_at && after != before)
    return summary(after, *after.finished_at);
  const bool replaced = is_under_way(before) && after.started_at != before.started_at;
  if (!replaced || !after.started_at) return std::nullopt;
  crds::UpdateDuration former = before;
  end(former, Completion::Superseded, *after.started_at);
  return summary(former, *former.finished_at);
}

}  // namespace sluice::engine
