#pragma once

// Answer: what came of a verb, told to people in a sentence and to programs as JSON. The exit code
// follows from the outcome, whichever the verb (docs/cli.md).

#include "base/error.h"
#include "base/json.h"
#include "base/object_meta.h"
#include "crds/rollout.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::cli {

enum class Outcome : uint8_t {
  Done,        ///< It was asked for, and whoever has to act upon it does.
  Already,     ///< It is so: nothing had to be written.
  Refused,     ///< Nothing is done, since it does not fit how things stand.
  Unanswered,  ///< It was asked for, and nobody has acted upon it in time.
  Failed,      ///< What it is about could not be read or written.
};

/// What the verb was decided from.
struct SeenRollout {
  int64_t generation = 0;
  std::string hash;             ///< The current revision; "" where no controller has seen the spec.
  std::optional<int32_t> step;  ///< Absent for a strategy without steps.
};

SeenRollout seen_of(const crds::Rollout& rollout);

struct Answer {
  std::string verb;  ///< "promote", "set image"
  ObjectKey object;  ///< A Rollout's; a freeze has no name, and that of all no namespace either.
  Outcome outcome = Outcome::Done;
  std::string text;  ///< A sentence.
  std::optional<SeenRollout> seen;
  std::string frozen;  ///< The freeze that holds what was asked for: "frozen by ann …"; or "".
};

/// Of an error of the API server or on the way to it: unanswered where time ran out, else failed.
Outcome outcome_of(const Error& error);

/// The answer of such an error.
Answer failure(std::string verb, ObjectKey object, const Error& error);

int exit_code_of(Outcome outcome);

/// `{verb, name, namespace, outcome, message, exitCode, seen, frozen}`.
Json encode_answer(const Answer& answer);

/// Prints the sentence, as an error where nothing came of the verb, and with `as_json` the JSON in
/// a line of standard output. Returns the exit code.
int tell(const Answer& answer, bool as_json);

}  // namespace sluice::cli
