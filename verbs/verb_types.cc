#include "verbs/verb_types.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::verbs {

Sight sight_of(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  // What the newest spec is called nobody knows before the controller has seen it.
  const std::string hash = is_observed(rollout) ? status.current_pod_hash : "";
  return {hash, status.current_step_hash, status.current_step_index};
}

std::string Actor::to_string() const {
  if (user.empty()) return "unknown";
  return claimed ? user + " (claimed)" : user;
}

Result<void> check_seen(const crds::Rollout& rollout, const Ask& ask) {
  const std::string& current = rollout.status.current_pod_hash;
  if (!ask.seen || ask.seen->hash.empty() || ask.seen->hash == current) return {};
  return fail(invalid(fmt::format(
      "rollout \"{}\": another revision is current ({}) than the one that was seen ({})",
      rollout.meta.name, current, ask.seen->hash)));
}

bool is_promoted(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  return !status.stable_rs.empty() && status.stable_rs == status.current_pod_hash;
}

bool has_question(const crds::Rollout& rollout) {
  return std::ranges::any_of(rollout.status.pause_conditions, &crds::PauseCondition::is_question);
}

bool is_observed(const crds::Rollout& rollout) {
  return rollout.status.observed_generation == std::to_string(rollout.meta.generation);
}

std::string condition_text(const crds::Rollout& rollout, std::string_view type) {
  const auto& conditions = rollout.status.conditions;
  const auto found = std::ranges::find_if(conditions, [type](const crds::Condition& condition) {
    return condition.type == type && condition.status;
  });
  return found == conditions.end() ? "" : found->message;
}

std::string freeze_text(const crds::Rollout& rollout) {
  return condition_text(rollout, "Frozen");
}

std::string unseen_text(const crds::Rollout& rollout) {
  const std::string& seen = rollout.status.observed_generation;
  return fmt::format("no controller has seen generation {} of rollout \"{}\" (seen {})",
                     rollout.meta.generation, rollout.meta.name, seen.empty() ? "0" : seen);
}

}  // namespace sluice::verbs
