#include "cli/act/answer.h"

#include "cli/output.h"
#include "verbs/verb_types.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Done:
      return "done";
    case Outcome::Already:
      return "already";
    case Outcome::Refused:
      return "refused";
    case Outcome::Unanswered:
      return "unanswered";
    case Outcome::Failed:
      return "failed";
  }
  return "";
}

bool is_good(Outcome outcome) {
  return exit_code_of(outcome) == kExitOk;
}

}  // namespace

SeenRollout seen_of(const crds::Rollout& rollout) {
  return {.generation = rollout.meta.generation,
          .hash = verbs::sight_of(rollout).hash,
          .step = rollout.status.current_step_index};
}

Outcome outcome_of(const Error& error) {
  return error.code == ErrorCode::Timeout ? Outcome::Unanswered : Outcome::Failed;
}

Answer failure(std::string verb, ObjectKey object, const Error& error) {
  return {.verb = std::move(verb),
          .object = std::move(object),
          .outcome = outcome_of(error),
          .text = error.message,
          .seen = {},
          .frozen = ""};
}

int exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Done:
    case Outcome::Already:
      return kExitOk;
    case Outcome::Refused:
      return kExitRefused;
    case Outcome::Unanswered:
      return kExitTimeout;
    case Outcome::Failed:
      return kExitFailed;
  }
  return kExitFailed;
}

Json encode_answer(const Answer& answer) {
  Json out = {{"verb", answer.verb},
              {"name", answer.object.name},
              {"namespace", answer.object.namespace_},
              {"outcome", to_string(answer.outcome)},
              {"message", answer.text},
              {"exitCode", exit_code_of(answer.outcome)},
              {"frozen", answer.frozen},
              {"seen", nullptr}};
  if (!answer.seen) return out;
  const SeenRollout& seen = *answer.seen;
  out["seen"] = {{"generation", seen.generation},
                 {"revision", seen.hash},
                 {"step", seen.step ? Json(*seen.step) : Json(nullptr)}};
  return out;
}

int tell(const Answer& answer, bool as_json) {
  if (as_json) print(dump_json(encode_answer(answer)) + "\n");
  if (!is_good(answer.outcome))
    note("error: " + answer.text);
  else if (!as_json)
    print(answer.text + "\n");
  if (is_good(answer.outcome) && !answer.frozen.empty())
    note(fmt::format("rollout \"{}\" is {}", answer.object.name, answer.frozen));
  return exit_code_of(answer.outcome);
}

}  // namespace sluice::cli
