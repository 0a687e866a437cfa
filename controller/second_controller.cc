#include "controller/second_controller.h"

#include "controller/write_contests.h"
#include "engine/conditions.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::controller {
namespace {

/// Tries whose answer may still be missing: more are never under way for one Rollout.
constexpr size_t kTriedMax = 8;

std::string sentence(const std::string& writer) {
  return fmt::format(
      "{} writes the status of this Rollout too: only one controller may manage it; Sluice writes "
      "it every {} s at most until it is alone",
      writer.empty() ? "another controller" : writer,
      std::chrono::duration_cast<std::chrono::seconds>(kContestedWaitMax).count());
}

}  // namespace

/// Conditions are left out: their times differ between two tries of the same.
SecondController::Fields SecondController::fields_of(const crds::RolloutStatus& status) {
  const auto& weights = status.canary.weights;
  const std::string shared = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", status.current_pod_hash, status.current_step_hash,
      status.stable_rs, status.observed_generation, crds::to_string(status.phase), status.message,
      status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas,
      weights ? weights->canary.weight : -1);
  std::string waits;
  for (const crds::Wait& wait : status.waiting_for)
    waits += fmt::format("{} {}|", wait.reason, wait.object.name);
  const std::hash<std::string> hash;
  return {.shared = hash(shared), .waits = waits.empty() ? 0 : hash(waits)};
}

bool SecondController::is_noticed(const Known& known, SteadyTime now) {
  return known.foreign >= kForeignStatuses && now - known.last_foreign < kForeignQuiet;
}

void SecondController::saw(const ObjectKey& rollout, const crds::RolloutStatus& status,
                           SteadyTime now) {
  Known& known = known_[rollout];
  Fields fields = fields_of(status);
  const bool ours = std::any_of(known.tried.begin(), known.tried.end(),
                                [&](const Fields& tried) { return tried.may_be(fields); });
  if (known.seen && !known.seen->may_be(fields) && !ours) {
    if (now - known.last_foreign >= kForeignQuiet) known.foreign = 0;
    ++known.foreign;
    known.last_foreign = now;
  }
  known.seen = std::move(fields);
}

void SecondController::writing(const ObjectKey& rollout, const crds::RolloutStatus& status,
                               SteadyTime now) {
  Known& known = known_[rollout];
  known.tried.push_back(fields_of(status));
  if (known.tried.size() > kTriedMax) known.tried.erase(known.tried.begin());
  known.last_try = now;
}

void SecondController::overtaken(const ObjectKey& rollout) {
  const auto known = known_.find(rollout);
  if (known != known_.end() && !known->second.tried.empty()) known->second.tried.pop_back();
}

void SecondController::tell(const ObjectKey& rollout, engine::Plan& plan, const Writer& last_writer,
                            SteadyTime now, SystemTime date) {
  auto& conditions = plan.status.conditions;
  Known& known = known_[rollout];
  const crds::Condition* said = engine::find_condition(conditions, engine::kSecondController);
  const bool noticed = is_noticed(known, now);
  Duration quiet = known.last_foreign + kForeignQuiet - now;
  if (!noticed) quiet = said ? said->last_update_time + kForeignQuiet - date : Duration::zero();
  if (!noticed && (known.told || quiet <= Duration::zero())) {
    known.told = false;
    engine::remove_condition(conditions, engine::kSecondController);
    return;
  }
  known.told = noticed;
  const std::string text = said ? said->message : sentence(last_writer());
  plan.status.waiting_for.push_back({.reason = std::string(engine::kSecondController),
                                     .message = text,
                                     .object = {"Rollout", rollout.name}});
  engine::set_condition(conditions, engine::kSecondController, true, engine::kSecondController,
                        text, std::chrono::floor<std::chrono::seconds>(date));
  plan.wake_after = std::min(plan.wake_after.value_or(quiet), quiet);
}

/// 100 ms after the third foreign status, 200 ms after the fourth …
Duration SecondController::wait(const ObjectKey& rollout, const crds::RolloutStatus& status,
                                SteadyTime now) const {
  const auto known = known_.find(rollout);
  if (known == known_.end() || !is_noticed(known->second, now)) return {};
  const Duration longest = status.abort ? kContestedRetreatMax : kContestedWaitMax;
  Duration wait = kContestedWaitFirst;
  for (int i = kForeignStatuses; i < known->second.foreign && wait < longest; ++i) wait *= 2;
  return std::max<Duration>(known->second.last_try + std::min(wait, longest) - now,
                            Duration::zero());
}

}  // namespace sluice::controller
