#include "controller/status_pace.h"

#include "engine/waits.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::controller {
namespace {

bool are_same_matters(const std::vector<crds::Condition>& before,
                      const std::vector<crds::Condition>& after) {
  return std::ranges::equal(before, after, [](const auto& one, const auto& other) {
    return one.type == other.type && one.status == other.status;
  });
}

/// The most pressing, which people read first, is the same in other words or other numbers.
bool are_same_matters(const engine::Waits& before, const engine::Waits& after) {
  if (before.empty() || after.empty()) return before.empty() == after.empty();
  const crds::Wait& one = before.front();
  const crds::Wait& other = after.front();
  return one.reason == other.reason && one.object == other.object;
}

/// `after` with the numbers of `before`.
crds::RolloutStatus recounted(const crds::RolloutStatus& before, crds::RolloutStatus after) {
  after.replicas = before.replicas;
  after.updated_replicas = before.updated_replicas;
  after.ready_replicas = before.ready_replicas;
  after.available_replicas = before.available_replicas;
  after.hpa_replicas = before.hpa_replicas;
  after.most_available_replicas = before.most_available_replicas;
  if (after.canary.weights && before.canary.weights)
    after.canary.weights->verified = before.canary.weights->verified;
  return after;
}

/// The same with its words, where they are about the same matters.
crds::RolloutStatus reworded(const crds::RolloutStatus& before, crds::RolloutStatus after) {
  if (are_same_matters(before.conditions, after.conditions)) after.conditions = before.conditions;
  if (!are_same_matters(before.waiting_for, after.waiting_for)) return after;
  after.waiting_for = before.waiting_for;
  after.message = before.message;
  return after;
}

/// Whose the canary's weight is.
std::string weighed(const crds::RolloutStatus& status) {
  return status.canary.weights ? status.canary.weights->canary.pod_template_hash : "";
}

bool has_trouble(const crds::RolloutStatus& status) {
  return !status.waiting_for.empty() && engine::is_trouble(status.waiting_for.front());
}

/// `after` with what `before` reports of pods, traffic and what is waited for.
crds::RolloutStatus undecided(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  crds::RolloutStatus same = recounted(before, after);
  same.canary.weights = before.canary.weights;
  same.conditions = before.conditions;
  same.waiting_for = before.waiting_for;
  same.phase = before.phase;
  same.message = before.message;
  return same;
}

bool is_urgent(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  const bool degrades = after.phase == crds::RolloutPhase::Degraded && before.phase != after.phase;
  return after.abort != before.abort || degrades;
}

/// Only numbers, and words about the same matters.
bool is_recount(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  return reworded(before, recounted(before, after)) == before;
}

/// Pods and weights of an update that is done and looks so.
bool is_aftermath(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  const bool done = !before.stable_rs.empty() && before.stable_rs == before.current_pod_hash;
  if (!done || before.phase != after.phase || before.message != after.message) return false;
  return are_same_matters(before.conditions, after.conditions) && !has_trouble(before) &&
         !has_trouble(after) && undecided(before, after) == before;
}

/// The time of a pause is over, and nobody but pods and routers is waited for.
bool goes_on(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  const bool was_paused = !before.pause_conditions.empty() && after.pause_conditions.empty();
  if (!was_paused || after.phase != crds::RolloutPhase::Progressing || has_trouble(after))
    return false;
  crds::RolloutStatus same = undecided(before, after);
  same.pause_conditions = before.pause_conditions;
  same.controller_pause = before.controller_pause;
  same.current_step_index = before.current_step_index;
  return weighed(before) == weighed(after) && same == before;
}

Duration rest_of(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  if (is_recount(before, after) || is_aftermath(before, after)) return kStatusPace;
  return goes_on(before, after) ? kStepPace : Duration::zero();
}

/// So many looks in a row that wrote to other objects leave the status to the next one.
constexpr int kLooksMax = 3;

}  // namespace

bool decides(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  return weighed(before) != weighed(after) || undecided(before, after) != before;
}

bool StatusPace::stands(const Waiting& waiting, const crds::Rollout& rollout) {
  return waiting.kept && waiting.kept->generation == rollout.meta.generation &&
         waiting.kept->stored == rollout.status;
}

const crds::RolloutStatus* StatusPace::standing(const crds::Rollout& rollout) const {
  const auto found = waiting_.find(rollout.meta.key());
  const bool stood = found != waiting_.end() && stands(found->second, rollout);
  return stood ? &found->second.kept->decided : nullptr;
}

void StatusPace::keep(Waiting& waiting, const crds::Rollout& rollout,
                      const crds::RolloutStatus& decided, SteadyTime now) {
  const SteadyTime since = stands(waiting, rollout) ? waiting.kept->since : now;
  waiting.kept = {rollout.status, rollout.meta.generation, decided, since};
}

bool StatusPace::leave(const crds::Rollout& rollout, const crds::RolloutStatus& decided,
                       SteadyTime now) {
  if (is_urgent(rollout.status, decided)) return false;
  Waiting& waiting = waiting_.try_emplace(rollout.meta.key(), Waiting{.since = now}).first->second;
  if (++waiting.looks > kLooksMax) return false;
  keep(waiting, rollout, decided, now);
  return true;
}

Duration StatusPace::wait(const crds::Rollout& rollout, const crds::RolloutStatus& decided,
                          SteadyTime now) {
  const ObjectKey key = rollout.meta.key();
  const auto known = waiting_.find(key);
  if (known != waiting_.end()) known->second.looks = 0;
  // What comes and goes has waited all the same.
  if (decided == rollout.status) {
    if (known != waiting_.end()) known->second.kept.reset();
    return Duration::zero();
  }
  const Duration rest = rest_of(rollout.status, decided);
  if (rest == Duration::zero()) return rest;
  Waiting& waiting = waiting_.try_emplace(key, Waiting{.since = now}).first->second;
  if (rest == kStepPace) keep(waiting, rollout, decided, now);
  const SteadyTime since = rest == kStepPace ? waiting.kept->since : waiting.since;
  return std::max(since + rest - now, Duration::zero());
}

}  // namespace sluice::controller
