#include "cli/look/rollout_state.h"

#include "cli/look/promises.h"
#include "verbs/action_record.h"
#include "verbs/verb_types.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

/// How the status begins to speak of an abort.
constexpr std::string_view kAborted = "RolloutAborted";

crds::Wait unseen(const crds::Rollout& rollout) {
  const std::string& seen = rollout.status.observed_generation;
  return {.reason = std::string(kNoController),
          .message = verbs::unseen_text(rollout),
          .observed = fmt::format("generation {}", seen.empty() ? "0" : seen),
          .wanted = fmt::format("generation {}", rollout.meta.generation)};
}

/// The first moment that a controller named and missed.
std::optional<SystemTime> missed(const crds::Rollout& rollout, SystemTime now) {
  for (const crds::Wait& wait : rollout.status.waiting_for)
    if (wait.next_look && *wait.next_look + kLateMax < now) return wait.next_look;
  return std::nullopt;
}

}  // namespace

bool speaks_of_newest(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  // A retry changes no generation: until the controller follows, the words are still the abort's.
  const bool retry_unseen = !status.abort && status.message.starts_with(kAborted);
  return !retry_unseen && verbs::is_observed(rollout);
}

std::vector<crds::Wait> waits_of(const crds::Rollout& rollout, SystemTime now) {
  // What was waited for under another spec says nothing of this one.
  if (!verbs::is_observed(rollout)) return {unseen(rollout)};
  std::vector<crds::Wait> waits = rollout.status.waiting_for;
  if (const auto due = missed(rollout, now)) {
    waits.insert(waits.begin(),
                 {.reason = std::string(kNoController),
                  .message = fmt::format("no controller looked at {}, when it was due: is one "
                                         "running?",
                                         format_time(*due)),
                  .since = *due});
  }
  return waits;
}

std::string wait_line(const crds::Wait& wait, std::string_view said) {
  std::string line = wait.reason;
  if (!wait.object.kind.empty()) line += fmt::format(" {}/{}", wait.object.kind, wait.object.name);
  if (wait.since != SystemTime{}) line += " since " + format_time(wait.since);
  std::vector<std::string> parts;
  if (said.find(wait.message) == std::string_view::npos) parts.push_back(wait.message);
  if (!wait.observed.empty() || !wait.wanted.empty()) {
    parts.push_back(fmt::format("{}{}{}{}{}", wait.observed.empty() ? "" : "observed ",
                                wait.observed,
                                wait.observed.empty() || wait.wanted.empty() ? "" : ", ",
                                wait.wanted.empty() ? "" : "wanted ", wait.wanted));
  }
  if (wait.next_look) parts.push_back("next look " + format_time(*wait.next_look));
  return parts.empty() ? line : fmt::format("{}: {}", line, fmt::join(parts, "; "));
}

crds::RolloutPhase phase_of(const crds::Rollout& rollout) {
  return speaks_of_newest(rollout) ? rollout.status.phase : crds::RolloutPhase::Progressing;
}

std::string state_text(const crds::Rollout& rollout, SystemTime now) {
  const crds::RolloutPhase phase = phase_of(rollout);
  std::string text(crds::to_string(phase));
  std::string asked;
  for (const std::string& promise : promise_lines(rollout, now))
    asked += "\n  Asked for: " + promise;
  if (!speaks_of_newest(rollout) && verbs::is_observed(rollout)) return text + asked;
  const std::vector<crds::Wait> waits = waits_of(rollout, now);
  const bool unanswered = !waits.empty() && waits.front().reason == kNoController;
  const std::string& message = unanswered ? waits.front().message : rollout.status.message;
  if (!message.empty()) text += " - " + message;
  std::string lines = text;
  // One at rest waits for nothing.
  const std::string freeze = verbs::freeze_text(rollout);
  if (!freeze.empty() && text.find(freeze) == std::string::npos) lines += "\n  " + freeze;
  lines += asked;
  if (phase == crds::RolloutPhase::Healthy) return lines;
  for (const crds::Wait& wait : waits) lines += "\n  " + wait_line(wait, text);
  return lines;
}

bool lacks_controller(const crds::Rollout& rollout, SystemTime now) {
  const std::vector<crds::Wait> waits = waits_of(rollout, now);
  return !waits.empty() && waits.front().reason == kNoController;
}

std::string action_line(const verbs::ActionRecord& action) {
  std::string line = fmt::format("{} by {}", action.verb, action.by.to_string());
  if (action.step) line += fmt::format(" at step {}", *action.step);
  line += ", " + format_time(action.at);
  if (!action.passed_over.empty())
    line += fmt::format(", passing over {}", fmt::join(action.passed_over, ", "));
  if (!action.reason.empty()) line += ": " + action.reason;
  return line;
}

std::vector<std::string> action_lines(const crds::Rollout& rollout, size_t most) {
  std::vector<std::string> lines;
  for (const verbs::ActionRecord& action : verbs::read_actions(rollout))
    if (lines.size() < most) lines.push_back(action_line(action));
  return lines;
}

}  // namespace sluice::cli
