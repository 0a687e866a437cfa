#pragma once

// What a person can do about a Rollout as it stands. The verbs themselves say it: a command is
// offered where its verb would do something. Pure.

#include "crds/rollout.h"
#include "verbs/verb_types.h"

#include <string>
#include <vector>

namespace sluice::cli {

struct Choice {
  std::string command;  ///< As it is typed: "sluice promote shop".
  std::string effect;   ///< "ends the pause"
};

/// What lets the Rollout go on first, then what takes it back. None while no controller has seen
/// the newest spec: what would be decided from is of another one.
std::vector<Choice> choices_of(const crds::Rollout& rollout,
                               const std::vector<verbs::Revision>& revisions, SystemTime now);

}  // namespace sluice::cli
