#pragma once

// Why a Rollout stands where it stands, what comes next, and what a person can do: what `sluice
// explain` says. From the objects of the API alone, so that it can be told without a controller.
// Pure. What is waited for is told in the words of status.waitingFor and in no others
// (docs/waiting.md).

#include "cli/look/choices.h"
#include "cli/look/rollout_info.h"
#include "verbs/action_record.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct RevisionName {
  int64_t number = 0;  ///< 0 where its ReplicaSet is not there.
  std::string hash;
};

/// The step that is under way; its index is the one that `get` shows and `promote --step` takes.
struct StepPlace {
  size_t index = 0;
  size_t of = 0;
  std::string what;  ///< "pause", "setWeight: 50"
};

/// What the newest analysis run has seen.
struct RunVerdict {
  std::string run;
  crds::AnalysisPhase phase = crds::AnalysisPhase::None;
  std::string reading;  ///< "error-rate [0.004], limit 0.01"

  std::string to_string() const;
};

struct Explanation {
  crds::Rollout rollout;
  std::string state;   ///< "Paused - CanaryPauseStep: until somebody promotes"
  std::string freeze;  ///< "" where there is none.
  std::optional<RevisionName> current;
  std::optional<RevisionName> stable;
  int64_t set_weight = 0;                     ///< Of the canary, as its steps ask.
  std::optional<int64_t> actual_weight;       ///< Absent where nobody knows.
  std::vector<verbs::ActionRecord> promises;  ///< Asked for, and not acted upon.
  std::vector<std::string> promised;          ///< The same in words.
  std::vector<crds::Wait> waits;              ///< The most pressing first.
  std::string leases;                         ///< Who should act, where nobody does; else "".
  std::string at;                             ///< "step 1/4 (pause)"; "" without an update.
  std::optional<StepPlace> step;
  std::string next;  ///< What happens once nothing is waited for.
  std::vector<Choice> choices;
  std::vector<verbs::ActionRecord> doings;  ///< Of people, newest first.
  std::optional<RunVerdict> verdict;
};

/// `leases`: what they say of who should act (cli/look/lease_words.h).
Explanation explain_rollout(const RolloutObjects& objects, SystemTime now, std::string leases = "");

/// Some lines, each `Key: what`.
std::string render_explanation(const Explanation& explanation);

/// The same for programs: stable field names (docs/cli.md).
Json encode_explanation(const Explanation& explanation);

}  // namespace sluice::cli
