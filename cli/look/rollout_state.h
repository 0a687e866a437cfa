#pragma once

// What a Rollout waits for, and its state, in the lines that `status` and `get` print. Pure: from
// the Rollout as the API gives it, so that everything people read comes from the status, but for
// what no controller can write: that none is there.

#include "crds/rollout.h"
#include "verbs/action_record.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// The reason of a wait that only the reader of a Rollout can notice.
inline constexpr std::string_view kNoController = "NoController";
/// A controller that is this late for a moment that it named itself is not there.
inline constexpr Duration kLateMax = std::chrono::seconds(30);

/// Whether the status speaks of the newest spec, and of a retry if there was one.
bool speaks_of_newest(const crds::Rollout& rollout);

/// status.waitingFor; in front of it that no controller has seen the newest spec, or that none came
/// when one was due.
std::vector<crds::Wait> waits_of(const crds::Rollout& rollout, SystemTime now);

/// "ImageNotPulled ReplicaSet/shop-6d since 12:05:31Z: …; observed 0 available, wanted 1
/// available". The message is left out where `said` holds it.
std::string wait_line(const crds::Wait& wait, std::string_view said);

/// The phase that counts: Progressing while the status speaks of an older spec.
crds::RolloutPhase phase_of(const crds::Rollout& rollout);

/// "Progressing - MESSAGE", and indented a line for each wait and for what was asked for and is not
/// acted upon; without a line feed at the end.
std::string state_text(const crds::Rollout& rollout, SystemTime now);

/// Whether no controller answers for the Rollout: kNoController is what it waits for.
bool lacks_controller(const crds::Rollout& rollout, SystemTime now);

/// "abort by ann at step 2, 2026-…: customers see errors"
std::string action_line(const verbs::ActionRecord& action);

/// The newest actions of people, a line each.
std::vector<std::string> action_lines(const crds::Rollout& rollout, size_t most);

}  // namespace sluice::cli
