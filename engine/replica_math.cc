#include "engine/replica_math.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace sluice::engine {
namespace {

constexpr int64_t kDefaultPercent = 25;

int64_t divide_up(int64_t dividend, int64_t divisor) {
  return (dividend + divisor - 1) / divisor;
}

int64_t pods(const std::optional<crds::IntOrPercent>& limit, int64_t replicas, bool round_up) {
  if (limit && !limit->percent) return limit->value;
  const int64_t scaled = replicas * (limit ? limit->value : kDefaultPercent);
  return round_up ? divide_up(scaled, 100) : scaled / 100;
}

/// A split under consideration. Its error is kept as a fraction so that nothing is rounded:
/// |canary/pods - weight/total| = |canary * total - weight * pods| / (pods * total).
struct Candidate {
  int64_t canary = 0;
  int64_t pods = 0;

  int64_t miss(int64_t weight, int64_t total) const {
    return std::abs(canary * total - weight * pods);
  }
};

bool is_nearer(const Candidate& left, const Candidate& right, int64_t weight, int64_t total) {
  return left.miss(weight, total) * right.pods < right.miss(weight, total) * left.pods;
}

std::vector<Candidate> candidates(int64_t replicas, int64_t weight, int64_t total, bool may_surge) {
  const int64_t floor = replicas * weight / total;
  const int64_t ceiling = divide_up(replicas * weight, total);
  const bool may_be_empty = weight <= 0 || weight >= total || (replicas == 1 && !may_surge);
  const auto is_tie = [&](int64_t pods) { return (pods * weight * 2) % (total * 2) == total; };
  std::vector<Candidate> found;
  for (const int64_t all : {replicas, replicas + 1}) {
    if (all > replicas && !may_surge) break;
    if (ceiling < all || may_be_empty) found.push_back({ceiling, all});
    if (!is_tie(all) && (floor > 0 || may_be_empty)) found.push_back({floor, all});
  }
  return found;
}

int64_t take(int64_t& budget, int64_t wanted) {
  const int64_t taken = std::clamp<int64_t>(wanted, 0, std::max<int64_t>(budget, 0));
  budget -= taken;
  return taken;
}

/// Drains within what may go: pods that are not available go first and cost nothing.
std::vector<int64_t> drain(const std::vector<Crew>& old, int64_t& spare) {
  std::vector<int64_t> left;
  for (const Crew& crew : old) {
    if (crew.kept) {
      left.push_back(crew.spec);
      continue;
    }
    const int64_t available = std::min(crew.available, crew.spec);
    left.push_back(available - take(spare, available));
  }
  return left;
}

int64_t sum_of_available(const std::vector<Crew>& old) {
  int64_t sum = 0;
  for (const Crew& crew : old) sum += std::min(crew.available, crew.spec);
  return sum;
}

/// A growing Rollout takes no pods from a revision, a shrinking one gives it none.
int64_t follow(const Sized& now, int64_t replicas, int64_t size) {
  if (replicas == now.of) return now.pods;
  return replicas > now.of ? std::max(size, now.pods) : std::min(size, now.pods);
}

}  // namespace

SurgeLimits surge_limits(const std::optional<crds::IntOrPercent>& max_surge,
                         const std::optional<crds::IntOrPercent>& max_unavailable,
                         int64_t replicas) {
  SurgeLimits limits{.max_surge = pods(max_surge, replicas, true),
                     .max_unavailable = pods(max_unavailable, replicas, false)};
  if (limits.max_surge == 0 && limits.max_unavailable == 0) limits.max_unavailable = 1;
  limits.max_unavailable = std::min(limits.max_unavailable, replicas);
  return limits;
}

Split basic_split(int64_t replicas, int64_t weight, int64_t total, bool may_surge) {
  if (replicas <= 0) return {};
  const std::vector<Candidate> all = candidates(replicas, weight, total, may_surge);
  if (all.empty()) return {.canary = 1, .stable = replicas - 1};
  Candidate best = all.front();
  for (const Candidate& candidate : all)
    if (is_nearer(candidate, best, weight, total)) best = candidate;
  return {.canary = best.canary, .stable = best.pods - best.canary};
}

BasicMove next_basic_move(const Split& goal, const Crew& canary, const Crew& stable,
                          const std::vector<Crew>& old, int64_t replicas,
                          const SurgeLimits& limits) {
  BasicMove move{.canary = canary.spec, .stable = stable.spec, .old = {}};
  int64_t room = replicas + limits.max_surge - canary.spec - stable.spec;
  for (const Crew& crew : old) {
    room -= crew.spec;
    move.old.push_back(crew.spec);
  }
  move.stable += take(room, goal.stable - stable.spec);
  move.canary += take(room, goal.canary - canary.spec);

  const int64_t needed = replicas - limits.max_unavailable;
  const int64_t canary_up = std::min(canary.available, canary.spec);
  const int64_t stable_up = std::min(stable.available, stable.spec);
  const bool draining =
      std::any_of(old.begin(), old.end(), [](const Crew& c) { return c.spec > 0 && !c.kept; });
  if (draining) {
    int64_t spare = canary_up + stable_up + sum_of_available(old) - needed;
    move.old = drain(old, spare);
    return move;
  }
  if (canary.spec > goal.canary) {
    int64_t spare = canary.spec + stable_up - needed;
    move.canary -= take(spare, canary.spec - goal.canary);
  }
  if (stable.spec > goal.stable && move.canary >= canary.spec) {
    int64_t spare = canary_up + stable.spec - needed;
    move.stable -= take(spare, stable.spec - goal.stable);
  }
  return move;
}

Split earned_split(int64_t replicas, int64_t weight, int64_t total, bool may_surge) {
  if (replicas <= 0) return {};
  const bool partly = weight > 0 && weight < total;
  std::optional<Candidate> best;
  for (const int64_t all : {replicas, replicas + 1}) {
    if (all > replicas && !may_surge) break;
    if (partly && may_surge && all == 1) continue;
    Candidate candidate{all * weight / total, all};
    if (partly) candidate.canary = std::max(candidate.canary, std::min<int64_t>(1, all - 1));
    if (!best || is_nearer(candidate, *best, weight, total)) best = candidate;
  }
  return {.canary = best->canary, .stable = best->pods - best->canary};
}

Split held_split(const Sized& canary, const Sized& stable, int64_t replicas, int64_t weight,
                 int64_t total, const SurgeLimits& limits) {
  const auto earned_of = [&](int64_t all) {
    return earned_split(all, weight, total, limits.max_surge > 0);
  };
  const Split earned = earned_of(replicas);
  Split held;
  if (canary.pods > 0) {
    int64_t most = earned.canary;
    if (canary.pods < earned_of(canary.of).canary)
      most = std::min(most, std::max<int64_t>(1, canary.pods * replicas / canary.of));
    held.canary = follow(canary, replicas, most);
  }
  const int64_t rest = earned.canary + earned.stable - held.canary;
  held.stable = std::max(replicas - held.canary, std::min(earned.stable, rest));
  if (stable.pods > earned_of(stable.of).stable && stable.of > 0) {
    const int64_t room = std::max(held.stable, replicas + limits.max_surge - held.canary);
    held.stable = std::clamp(divide_up(stable.pods * replicas, stable.of), held.stable, room);
  }
  held.stable = follow(stable, replicas, held.stable);
  // With 7 replicas of which 7 are stable, and 2 to surge, 1 canary pod becomes 2, not 3.
  const int64_t room = replicas + limits.max_surge - held.stable;
  held.canary = std::min(held.canary, std::max(room, canary.pods));
  return held;
}

int64_t routed_share(int64_t replicas, int64_t weight, int64_t total, int64_t min_pods) {
  const int64_t share = divide_up(replicas * std::clamp<int64_t>(weight, 0, total), total);
  return share == 0 ? 0 : std::max(share, std::min(min_pods, replicas));
}

int64_t bearable_weight(int64_t available, int64_t replicas, int64_t total) {
  if (replicas <= 0) return total;
  return std::min(total, available * total / replicas);
}

int64_t progress_threshold(const std::optional<crds::ReplicaProgressThreshold>& threshold,
                           int64_t wanted) {
  if (!threshold) return wanted;
  const int64_t enough =
      threshold->percent ? divide_up(wanted * threshold->value, 100) : threshold->value;
  return std::clamp<int64_t>(enough, std::min<int64_t>(wanted, 1), wanted);
}

}  // namespace sluice::engine
