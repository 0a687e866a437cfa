#pragma once

// How long an update takes, as status.duration tells it: from the new revision, or a retry, to the
// promotion or the abort, and how much of that it stood waiting for a person. Times change only
// where something else of the status does, so that no write is due to them alone.

#include "crds/rollout.h"

#include <optional>
#include <string_view>

namespace sluice::engine {

/// How an update ended.
enum class Completion {
  Promoted,        ///< Step by step.
  FastPromoted,    ///< A person passed the steps over.
  Aborted,         ///< By a person, a verdict or the deadline.
  Superseded,      ///< Another revision came first.
  RolledBack,      ///< Promoted, and it was an older revision.
  FastRolledBack,  ///< The same without the steps; or the stable revision was asked for again.
};

/// "Promoted", …
std::string_view to_string(Completion completion);

/// What one plan means to the duration.
struct DurationNews {
  bool begun = false;               ///< A new revision, other steps, or a retry.
  std::optional<Completion> ended;  ///< The update that was under way.
  bool waits_for_person = false;    ///< Nothing but a person ends the wait.
  SystemTime now{};
};

/// The duration after a plan. One that began before anybody took its time has none.
crds::UpdateDuration follow_duration(const crds::UpdateDuration& before, const DurationNews& news);

/// An update that is over, in seconds; together the pauses and the rest are the whole.
struct EndedUpdate {
  std::string completion;
  int64_t whole = 0;
  int64_t manual_pauses = 0;

  bool operator==(const EndedUpdate&) const = default;
};

/// The update that came to its end between the two, where one did. One that another replaced ended
/// when that one began.
std::optional<EndedUpdate> ended_update(const crds::UpdateDuration& before,
                                        const crds::UpdateDuration& after);

}  // namespace sluice::engine
