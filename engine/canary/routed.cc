#include "engine/canary/routed.h"

#include "base/time.h"
#include "crds/hand_over.h"
#include "crds/names.h"
#include "engine/canary/steps.h"
#include "engine/canary/strategy.h"
#include "engine/canary/surge.h"
#include "engine/capacity.h"
#include "engine/replica_math.h"

#include <algorithm>

namespace sluice::engine::canary {
namespace {

int64_t share(const Facts& facts, int64_t weight) {
  const int64_t pods = routed_share(facts.replicas, weight, facts.total,
                                    strategy(facts).min_pods_per_replica_set.value_or(0));
  return pods_within_surge(facts, pods, weight);
}

int64_t explicit_pods(const Facts& facts, const crds::SetCanaryScaleStep& scale) {
  if (scale.replicas) return *scale.replicas;
  return routed_share(facts.replicas, scale.weight.value_or(0), 100, 0);
}

/// The most that the current revision has had: what the routers hold, or shall hold again where
/// somebody else changed it.
int64_t reached_weight(const Facts& facts) {
  const auto& asked = facts.before().canary.weights;
  const bool same = asked && asked->canary.pod_template_hash == facts.hash;
  return std::max(facts.traffic.least, same ? asked->canary.weight : 0);
}

/// What the steps, the abort or the promotion ask for, before looking at the stable side. 10
/// replicas on the way from weight 20 to 50 need 5 canary pods: with 4 of them the weight stays at
/// 20; away from a revision that is fled from, 4 pods bear 40.
int64_t desired_weight(const Draft& draft) {
  const Facts& facts = draft.facts;
  if (draft.promoted) {
    // Both sides reach the same pods only once the stable Service is switched.
    const bool hold = !stable_side_is_current(facts) && serving(facts.current) > 0;
    return hold ? facts.traffic.least : 0;
  }
  if (draft.course() == Course::First || draft.course() == Course::Aborted) return 0;
  if (!canary_side_is_current(facts) || serving(facts.current) == 0) return 0;
  const RoutedGoal goal = routed_goal(facts, draft.index());
  if (canary_ready(facts, goal.canary_pods))
    return draft.halted() ? std::min(goal.weight, reached_weight(facts)) : goal.weight;
  const int64_t held = std::min(goal.weight, facts.traffic.least);
  if (draft.halted()) return held;
  if (is_surge_limited(draft)) return std::max(held, std::min(goal.weight, carried_weight(facts)));
  if (draft.course() != Course::Returning) return held;
  // Away from a revision that somebody flees from: as fast as pods come that can bear it.
  const int64_t able = bearable_weight(serving(facts.current), facts.replicas, facts.total);
  return std::max(held, std::min(goal.weight, able));
}

/// With a promotion the stable Service selects the new pods, but its traffic follows only with its
/// EndpointSlices and the gateways, which nobody confirms. So the weight stays with the canary
/// Service, which has the same pods behind it, for a while: until the time returned. Nobody has to
/// wait for it who returns to another revision.
std::optional<SystemTime> hand_over_end(const Draft& draft) {
  const Facts& facts = draft.facts;
  const ReplicaSet* behind = carrier(facts);
  const bool both = serving(behind) > 0 && facts.serving_service().selector_hash == behind->hash();
  if (!both || draft.status.promote_full) return std::nullopt;
  if (draft.promoted && !facts.is_stable()) return facts.now() + crds::kHandOver;
  const auto since = parse_time(behind->annotation(crds::kPromotedAtAnnotation));
  if (!since || *since > facts.now()) return std::nullopt;
  const SystemTime end = next_whole_second(*since + crds::kHandOver);
  return facts.now() < end ? std::optional(end) : std::nullopt;
}

// Pods follow the larger of what the step needs and what the routers hold: 10 replicas that come
// back from 50 to 20 keep 5 pods until the routers confirm 20, and 2 from then on.
int64_t wanted_canary_pods(const Draft& draft) {
  const Facts& facts = draft.facts;
  const bool full = draft.status.promote_full;
  const int32_t index = full ? facts.step_count() : draft.index();
  const int64_t needed = routed_goal(facts, index).canary_pods;
  const bool explicitly = scale_in_force(facts.steps(), index) != nullptr;
  const bool carries = canary_side_is_current(facts) && !explicitly;
  const bool loaded = carries && facts.traffic.known;
  const int64_t wanted = loaded ? std::max(needed, share(facts, facts.traffic.most)) : needed;
  const bool unsure = carries && facts.traffic.pending;
  return unsure ? std::max(wanted, spec_replicas(facts.current)) : wanted;
}

/// The least weight that the canary side must keep so that the stable side is not overrun.
int64_t unbearable_weight(const Facts& facts) {
  return least_kept(facts, carrier(facts), stable_side_serving(facts), facts.total);
}

}  // namespace

const ReplicaSet* carrier(const Facts& facts) {
  if (!facts.conduct.trying_service.empty())
    return facts.find(facts.trying_service().selector_hash);
  const auto& weights = facts.before().canary.weights;
  return weights ? facts.find(weights->canary.pod_template_hash) : nullptr;
}

RoutedGoal routed_goal(const Facts& facts, int32_t index) {
  RoutedGoal goal{.weight = weight_in_force(facts.steps(), index, facts.total)};
  const crds::SetCanaryScaleStep* scale = scale_in_force(facts.steps(), index);
  goal.canary_pods = scale ? explicit_pods(facts, *scale) : share(facts, goal.weight);
  if (goal.canary_pods == 0) goal.weight = 0;
  return goal;
}

bool canary_ready(const Facts& facts, int64_t wanted) {
  return facts.current != nullptr && spec_replicas(facts.current) >= wanted &&
         serving(facts.current) >=
             progress_threshold(strategy(facts).replica_progress_threshold, wanted);
}

bool canary_side_is_current(const Facts& facts) {
  return facts.current != nullptr && carrier(facts) == facts.current;
}

bool stable_side_is_current(const Facts& facts) {
  if (facts.conduct.serving_service.empty()) return true;
  return facts.serving_service().selector_hash == facts.hash;
}

std::optional<int64_t> stable_side_serving(const Facts& facts) {
  if (facts.conduct.serving_service.empty()) return serving(facts.stable);
  if (facts.lacks(facts.conduct.serving_service)) return 0;
  return serving_behind(facts, facts.conduct.serving_service);
}

CanaryWeight canary_weight(const Draft& draft) {
  CanaryWeight weight{.wanted = desired_weight(draft)};
  const int64_t held = draft.facts.traffic.least;
  weight.now = weight.wanted;
  if (weight.wanted < held) {
    weight.now = std::max(weight.wanted, std::min(held, unbearable_weight(draft.facts)));
    weight.hand_over_end = hand_over_end(draft);
    if (weight.hand_over_end) weight.now = held;
  }
  return weight;
}

int64_t routed_canary_size(const Draft& draft) {
  const Facts& facts = draft.facts;
  // Who has the users of the stable side needs as many as that: the stable revision is lost, or
  // about to come back, or a promotion was cut short.
  const bool has_users = facts.stable_lost || facts.serves(facts.hash);
  if (is_alone(draft.course()) || has_users) return facts.replicas;
  const int64_t wanted = wanted_canary_pods(draft);
  if (!is_surge_limited(draft)) return wanted;
  return canary_within_surge(draft, wanted, routed_stable_size(draft));
}

int64_t routed_stable_size(const Draft& draft) {
  const Facts& facts = draft.facts;
  if (!facts.conduct.dynamic_stable_scale || draft.course() == Course::Aborted)
    return facts.replicas;
  const int64_t least = std::min(desired_weight(draft), facts.traffic.least);
  const int64_t share = routed_share(facts.replicas, facts.total - least, facts.total, 0);
  if (facts.traffic.pending) return std::max(share, spec_replicas(facts.stable));
  if (!is_surge_limited(draft)) return share;
  return stable_within_surge(draft, share, wanted_canary_pods(draft));
}

}  // namespace sluice::engine::canary
