// Which sizes a Rollout's ReplicaSets may get.

#include "tests/sim/safety_watch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

/// What holds where the Rollout says nothing.
constexpr int64_t kSurgePercent = 25;
constexpr int64_t kUnavailablePercent = 25;

int64_t rounded_up_share(int64_t replicas, int64_t weight) {
  return (replicas * weight + kTotal - 1) / kTotal;
}

int64_t share_of(const std::map<std::string, int64_t>& shares, const std::string& hash) {
  const auto found = shares.find(hash);
  return found == shares.end() ? 0 : found->second;
}

}  // namespace

void SafetyWatch::check_scale(const std::string& name) {
  const Json& replica_set = view_.scene().find("ReplicaSet", name);
  if (!view_.owns(replica_set) || !mode_.can_know) return;
  const int64_t before = int_at(view_.scene().before(), "spec.replicas");
  const int64_t after = int_at(replica_set, "spec.replicas");
  const std::string hash = hash_label(replica_set);
  if (view_.is_blue_green()) return check_blue_green_scale(hash, before, after);
  if (after > before) {
    check_growth(hash, after);
    check_surge(hash);
  }
  if (after < before) {
    check_drain(hash, after);
    check_delay(hash, after);
    check_availability(before, replica_set);
  }
}

/// A ReplicaSet that somebody deleted is made again, and its runs are judged once it is there.
bool SafetyWatch::is_made_unheard(const std::string& hash) const {
  return view_.scene().before().is_null() && hash == ledger_.hash() && ledger_.is_unheard();
}

int64_t SafetyWatch::sum(int64_t (RolloutView::*of)(const std::string&) const) const {
  int64_t sum = 0;
  for (const auto& [name, replica_set] : view_.scene().all("ReplicaSet"))
    if (view_.owns(replica_set)) sum += (view_.*of)(hash_label(replica_set));
  return sum;
}

/// Nobody grows beyond what maxSurge allows. Where the traffic is routed, only the present revision
/// is held by it, on its way forward; the first pod comes where nothing could move without it.
void SafetyWatch::check_surge(const std::string& hash) {
  int64_t surge = rounded_up_share(ledger_.most_replicas(), kSurgePercent);
  if (view_.is_routed()) {
    const bool forward = hash == ledger_.hash() && hash != view_.stable_hash();
    if (!view_.surge() || !forward || ledger_.returns() || !ledger_.sizes_by_weight()) return;
    const int64_t stable = view_.spec_replicas(view_.stable_hash());
    const bool is_first = *view_.surge() == 0 && stable <= 1;
    surge = *view_.surge() + (is_first ? 1 : 0);
  }
  const int64_t pods = sum(&RolloutView::spec_replicas);
  const int64_t most = ledger_.most_replicas() + surge;
  if (pods > most) note(fmt::format("{} pods, where {} are the most", pods, most));
}

/// With no surge the stable revision may be that many pods smaller than its share.
int64_t SafetyWatch::shortfall() const {
  return view_.surge() ? int_at(view_.canary(), "maxUnavailable") : 0;
}

/// Under a maxSurge the way to a weight leads over those that the present pods bear; the last
/// stable pod may go first.
bool SafetyWatch::bears(const std::string& hash, int64_t weight) const {
  if (!view_.surge()) return false;
  const bool is_last = view_.spec_replicas(view_.stable_hash()) <= 1;
  const int64_t pods = view_.serving(hash) + (is_last ? shortfall() : 0);
  return view_.serving(hash) > 0 && pods * kTotal > (weight - 1) * ledger_.least_replicas();
}

/// Without routing no pod that serves goes as long as maxUnavailable does not allow it; but while a
/// Rollout is held its parts follow its size as they are.
void SafetyWatch::check_availability(int64_t before, const Json& replica_set) {
  if (view_.is_routed() || ledger_.is_halted()) return;
  const int64_t available = int_at(replica_set, "status.availableReplicas");
  const int64_t after = int_at(replica_set, "spec.replicas");
  const int64_t lost = std::min(before, available) - std::min(after, available);
  const int64_t serving = sum(&RolloutView::serving);
  const int64_t replicas = ledger_.least_replicas();
  const int64_t least = replicas - replicas * kUnavailablePercent / kTotal;
  if (lost > 0 && serving < least)
    note(fmt::format("{} pods that serve are taken away: {} are left, where {} are the least", lost,
                     serving, least));
}

/// What was aborted stays for a while once its traffic has left: gateways follow late.
void SafetyWatch::check_delay(const std::string& hash, int64_t after) {
  if (!view_.is_routed() || after > 0 || hash != ledger_.hash() || !ledger_.is_bad()) return;
  const auto delay = std::chrono::seconds(int_at(view_.canary(), "abortScaleDownDelaySeconds"));
  const Clock& clock = view_.scene().clock();
  if (clock.steady_now() - busy_.steady < delay && clock.system_now() - busy_.wall < delay)
    note(fmt::format("{} was aborted, and is scaled to 0 without delay", hash));
}

/// Pods are given to the present and to the stable revision only; where they are the traffic, no
/// more than what is earned.
void SafetyWatch::check_growth(const std::string& hash, int64_t after) {
  if (hash == view_.stable_hash()) return;
  if (hash != ledger_.hash() || (ledger_.is_bad() && !is_made_unheard(hash))) {
    note(fmt::format("{}, which is bad or not the present revision, is scaled to {}", hash, after));
    return;
  }
  // While a Rollout is held its parts follow its size as they are.
  if (view_.is_routed() || ledger_.is_halted()) return;
  const int64_t weight = ledger_.weight();
  const int64_t most =
      weight == kTotal || weight == 0
          ? rounded_up_share(ledger_.most_replicas(), weight)
          : std::max<int64_t>(1, rounded_up_share(ledger_.most_replicas() + 1, weight));
  if (after > most) {
    note(fmt::format("{} is scaled to {} with {} steps earned, which ask for {} at most", hash,
                     after, ledger_.steps(), most));
  }
}

/// Nobody who carries traffic is scaled below what it carries, by the route or by the gateway.
void SafetyWatch::check_drain(const std::string& hash, int64_t after) {
  if (!view_.is_routed()) return;
  const int64_t canary = view_.canary_weight();
  if (hash == view_.selected_by(view_.role().stable_service)) {
    const int64_t most = kTotal - std::min(canary, weight_in_force_);
    if (after < rounded_up_share(ledger_.least_replicas(), most) - shortfall())
      note(fmt::format("stable {} is scaled to {} with {}% of the traffic", hash, after, most));
    return;
  }
  int64_t share = share_of(view_.shares(), hash);
  if (hash == view_.selected_by(view_.role().canary_service))
    share = std::max(share, weight_in_force_);
  // Weights under a maxSurge are rounded up: they bear up to one pod less.
  const int64_t rounding = view_.surge() ? 1 + shortfall() : 0;
  const int64_t needed = ledger_.sizes_by_weight()
                             ? rounded_up_share(ledger_.least_replicas(), share) - rounding
                             : std::min<int64_t>(share, 1);
  if (after < needed)
    note(fmt::format("canary {} is scaled to {} with {}% of the traffic", hash, after, share));
}

}  // namespace sluice::sim
