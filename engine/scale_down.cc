#include "engine/scale_down.h"

#include "crds/names.h"
#include "engine/former_routing.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

/// So much further away than a delay is the deadline of who still has users.
constexpr auto kFurtherThanDelay = std::chrono::hours(1);

/// In whole seconds, as an annotation has it, and never short: 30 s from 12:00:02.1 on end at
/// 12:00:33.
SystemTime deadline_after(const Facts& facts, int64_t seconds) {
  return next_whole_second(facts.now()) + std::chrono::seconds(seconds);
}

/// When the ReplicaSet may go, as its annotation says; never later than a delay that begins now,
/// for the clock may have been set back since.
std::optional<SystemTime> deadline_of(const Facts& facts, const ReplicaSet& replica_set,
                                      int64_t delay_seconds) {
  const Result<SystemTime> time =
      parse_time(replica_set.annotation(crds::kScaleDownDeadlineAnnotation));
  if (!time) return std::nullopt;
  return std::min(*time, deadline_after(facts, delay_seconds));
}

Retirement keep(const ReplicaSet& replica_set) {
  return {replica_set.spec_replicas, std::nullopt};
}

/// Keeps the size until the deadline, then goes.
Retirement keep_until(Draft& draft, const ReplicaSet& replica_set, SystemTime deadline) {
  if (draft.facts.now() >= deadline) return {};
  draft.wake(deadline);
  draft.wait(
      {.reason = std::string(kWaitingForOldPods),
       .message = fmt::format("{} is kept until {}", replica_set.name, format_time(deadline)),
       .object = {"ReplicaSet", replica_set.name},
       .observed = fmt::format("{} pods", replica_set.spec_replicas),
       .wanted = "0 pods",
       .next_look = deadline});
  return {replica_set.spec_replicas, format_time(deadline)};
}

bool carries_traffic(const Facts& facts, const ReplicaSet& replica_set) {
  const std::string hash = replica_set.hash();
  if (facts.serves(hash) || is_behind_former(facts, hash)) return true;
  return facts.tries(hash) && !facts.traffic.confirms(0);
}

/// The canary's side of the routes has not left the revision yet: it goes where pods are, and those
/// that are to come, or the stable revision, may have none.
bool is_led_to(const Facts& facts, const ReplicaSet& replica_set) {
  return facts.traffic.routed && facts.tries(replica_set.hash());
}

/// maxSurge is so narrow that pods which stay hold up those that are to come.
bool is_room_scarce(const Facts& facts) {
  const crds::CanaryStrategy* canary = facts.rollout().spec.canary();
  return canary != nullptr && canary->dynamic_stable_scale && canary->max_surge.has_value();
}

/// Its users leave all at once, or by a canary's side that gateways follow late.
bool is_being_left(const Facts& facts, const ReplicaSet& old) {
  if (facts.conduct.all_at_once) return carries_traffic(facts, old);
  return is_led_to(facts, old) && !is_room_scarce(facts);
}

/// Only the newest few old revisions enjoy the delay.
bool is_beyond_delay_limit(const Facts& facts, const ReplicaSet& old,
                           const std::vector<const ReplicaSet*>& all_old) {
  const auto limit = facts.conduct.delayed_revisions;
  if (!limit) return false;
  const auto newer = std::count_if(all_old.begin(), all_old.end(), [&](const ReplicaSet* other) {
    return other->spec_replicas > 0 && other->revision() > old.revision();
  });
  return newer >= *limit;
}

/// Users who leave a revision are followed by its pods only after a delay, also where it never was
/// stable. While they have it its deadline is further away than the delay, which is
/// what that is cut to (deadline_of) once they have left: however long they stayed, and whatever
/// write failed in between.
Retirement keep_for_leaving(const Facts& facts, const ReplicaSet& old) {
  const SystemTime least = deadline_after(facts, facts.conduct.old_delay_seconds);
  const Result<SystemTime> known = parse_time(old.annotation(crds::kScaleDownDeadlineAnnotation));
  const bool holds = known && *known > least && *known <= least + 2 * kFurtherThanDelay;
  return {old.spec_replicas, format_time(holds ? *known : least + kFurtherThanDelay)};
}

/// The status tells of the users whom it had at the last plan that was carried out to its end.
bool is_just_left(const Facts& facts, const ReplicaSet& replica_set) {
  return facts.conduct.all_at_once && !carries_traffic(facts, replica_set) &&
         facts.before().blue_green.active_selector == replica_set.hash();
}

/// Where users move all at once they may just have left it, and the deadline that was meant for it
/// may be lost.
bool had_users_before(const Draft& draft, const ReplicaSet& old) {
  return (draft.promoted && draft.facts.conduct.all_at_once) || &old == draft.facts.stable ||
         !old.annotation(crds::kPromotedAtAnnotation).empty() || is_just_left(draft.facts, old);
}

}  // namespace

bool is_selected(const Facts& facts, const ReplicaSet& replica_set) {
  const std::string hash = replica_set.hash();
  return facts.serves(hash) || facts.tries(hash) || is_behind_former(facts, hash);
}

// It may be replaced before the users whom it had a moment ago have all found their way.
Retirement retain_current(const Facts& facts, int64_t size) {
  const ReplicaSet* current = facts.current;
  if (current == nullptr || !facts.conduct.all_at_once || carries_traffic(facts, *current))
    return {size, std::nullopt};
  const int64_t delay =
      std::max(facts.conduct.old_delay_seconds, facts.conduct.abort_delay_seconds);
  const auto deadline = deadline_of(facts, *current, delay);
  if (!deadline) return {size, deadline_of_leaving(facts)};
  if (*deadline <= facts.now()) return {size, std::nullopt};
  return {size, format_time(*deadline)};
}

std::optional<std::string> deadline_of_leaving(const Facts& facts) {
  const ReplicaSet* current = facts.current;
  const int64_t abort_delay = facts.conduct.abort_delay_seconds;
  const int64_t delay = abort_delay > 0 ? abort_delay : facts.conduct.old_delay_seconds;
  if (current == nullptr || delay == 0 || !is_just_left(facts, *current)) return std::nullopt;
  return format_time(deadline_after(facts, delay));
}

// The delay counts from when traffic has left: with a delay of 30 s, an abort at 12:00:00 whose
// routers confirm weight 0 at 12:00:02.1 ends the pods at 12:00:33.
Retirement retire_aborted(Draft& draft) {
  const Facts& facts = draft.facts;
  const ReplicaSet* current = facts.current;
  if (current == nullptr || current->spec_replicas == 0) return {};
  // Nobody else is there to have the users.
  if (facts.stable_lost) return {facts.replicas, std::nullopt};
  const int64_t delay = facts.conduct.abort_delay_seconds;
  if (delay == 0 || carries_traffic(facts, *current) || is_led_to(facts, *current))
    return keep(*current);
  const auto deadline = deadline_of(facts, *current, delay);
  return keep_until(draft, *current, deadline.value_or(deadline_after(facts, delay)));
}

Retirement retire_old(Draft& draft, const ReplicaSet& old,
                      const std::vector<const ReplicaSet*>& all_old) {
  const Facts& facts = draft.facts;
  if (old.spec_replicas == 0) return {};
  const int64_t delay = facts.conduct.old_delay_seconds;
  // The deadline may be that of an abort.
  const auto deadline = deadline_of(facts, old, std::max(delay, facts.conduct.abort_delay_seconds));
  // Also while somebody holds the update: who was given users keeps what it needs to let them go.
  if (is_being_left(facts, old)) return keep_for_leaving(facts, old);
  if (draft.held())
    return {old.spec_replicas, deadline ? std::optional(format_time(*deadline)) : std::nullopt};
  if (carries_traffic(facts, old)) return keep(old);
  const bool had_users = had_users_before(draft, old);
  const bool kept = deadline || (had_users && delay > 0);
  if (!kept || is_beyond_delay_limit(facts, old, all_old)) return {};
  return keep_until(draft, old, deadline.value_or(deadline_after(facts, delay)));
}

}  // namespace sluice::engine
