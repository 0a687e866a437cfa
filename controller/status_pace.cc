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

}  // namespace

bool decides(const crds::RolloutStatus& before, const crds::RolloutStatus& after) {
  if (weighed(before) != weighed(after)) return true;
  crds::RolloutStatus undecided = recounted(before, after);
  undecided.canary.weights = before.canary.weights;
  undecided.conditions = before.conditions;
  undecided.waiting_for = before.waiting_for;
  undecided.phase = before.phase;
  undecided.message = before.message;
  return undecided != before;
}

Duration StatusPace::wait(const ObjectKey& rollout, const crds::RolloutStatus& before,
                          const crds::RolloutStatus& after, SteadyTime now) {
  // What comes and goes has waited all the same.
  if (after == before) return Duration::zero();
  if (reworded(before, recounted(before, after)) != before) {
    since_.erase(rollout);
    return Duration::zero();
  }
  const SteadyTime since = since_.try_emplace(rollout, now).first->second;
  const Duration left = since + kStatusPace - now;
  if (left > Duration::zero()) return left;
  since_.erase(rollout);
  return Duration::zero();
}

}  // namespace sluice::controller
