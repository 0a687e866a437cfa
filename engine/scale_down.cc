#include "engine/scale_down.h"

#include "crds/names.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultDelaySeconds = 30;

std::optional<SystemTime> deadline_of(const ReplicaSet& replica_set) {
  const std::string text = replica_set.annotation(crds::kScaleDownDeadlineAnnotation);
  if (text.empty()) return std::nullopt;
  const Result<SystemTime> time = parse_time(text);
  if (!time) return std::nullopt;
  return *time;
}

std::string deadline_after(const Facts& facts, int64_t seconds) {
  return format_time(next_whole_second(facts.now()) + std::chrono::seconds(seconds));
}

/// Keeps the size until the deadline, then goes.
Retirement wait_for_deadline(Draft& draft, const ReplicaSet& replica_set, SystemTime deadline) {
  if (draft.facts.now() >= deadline) return {};
  draft.wake(deadline);
  draft.wait(kWaitingForOldPods,
             fmt::format("{} is kept until {}", replica_set.name, format_time(deadline)),
             {{"replicaSet", replica_set.name}, {"until", format_time(deadline)}});
  return {replica_set.spec_replicas, replica_set.annotation(crds::kScaleDownDeadlineAnnotation)};
}

bool carries_traffic(const Facts& facts, const ReplicaSet& replica_set) {
  const std::string hash = replica_set.hash();
  if (facts.stable_service().selector_hash == hash) return true;
  return facts.canary_service().selector_hash == hash && !facts.traffic.confirms(0);
}

/// How long a revision that was stable is kept: not at all where its pods went step by step.
int64_t old_delay_seconds(const Facts& facts) {
  if (facts.canary->dynamic_stable_scale) return 0;
  return facts.canary->scale_down_delay_seconds.value_or(kDefaultDelaySeconds);
}

/// Only the newest few old revisions enjoy the delay.
bool is_beyond_delay_limit(const Facts& facts, const ReplicaSet& old,
                           const std::vector<const ReplicaSet*>& all_old) {
  const auto limit = facts.canary->scale_down_delay_revision_limit;
  if (!limit) return false;
  const auto newer = std::count_if(all_old.begin(), all_old.end(), [&](const ReplicaSet* other) {
    return other->spec_replicas > 0 && other->revision() > old.revision();
  });
  return newer >= *limit;
}

}  // namespace

bool is_selected(const Facts& facts, const ReplicaSet& replica_set) {
  const std::string hash = replica_set.hash();
  return facts.stable_service().selector_hash == hash ||
         facts.canary_service().selector_hash == hash;
}

Retirement retire_aborted(Draft& draft) {
  const Facts& facts = draft.facts;
  const ReplicaSet* fresh = facts.fresh;
  if (fresh == nullptr || fresh->spec_replicas == 0) return {};
  const int64_t delay = facts.canary->abort_scale_down_delay_seconds.value_or(kDefaultDelaySeconds);
  if (delay == 0) return {fresh->spec_replicas, std::nullopt};
  const std::optional<SystemTime> deadline = deadline_of(*fresh);
  if (!deadline) {
    draft.wake(next_whole_second(facts.now()) + std::chrono::seconds(delay));
    return {fresh->spec_replicas, deadline_after(facts, delay)};
  }
  if (facts.now() < *deadline || facts.traffic.confirms(0))
    return wait_for_deadline(draft, *fresh, *deadline);
  return {fresh->spec_replicas, fresh->annotation(crds::kScaleDownDeadlineAnnotation)};
}

Retirement retire_old(Draft& draft, const ReplicaSet& old,
                      const std::vector<const ReplicaSet*>& all_old) {
  const Facts& facts = draft.facts;
  if (old.spec_replicas == 0) return {};
  const std::optional<SystemTime> deadline = deadline_of(old);
  if (draft.halted()) {
    const std::string text = old.annotation(crds::kScaleDownDeadlineAnnotation);
    return {old.spec_replicas, deadline ? std::optional(text) : std::nullopt};
  }
  const bool was_stable = draft.promoted;
  const int64_t delay = old_delay_seconds(facts);
  if (was_stable && !deadline && delay > 0 && !is_beyond_delay_limit(facts, old, all_old)) {
    draft.wake(next_whole_second(facts.now()) + std::chrono::seconds(delay));
    return {old.spec_replicas, deadline_after(facts, delay)};
  }
  if (carries_traffic(facts, old)) {
    const std::string text = old.annotation(crds::kScaleDownDeadlineAnnotation);
    return {old.spec_replicas, deadline ? std::optional(text) : std::nullopt};
  }
  if (!deadline || is_beyond_delay_limit(facts, old, all_old)) return {};
  return wait_for_deadline(draft, old, *deadline);
}

}  // namespace sluice::engine
