#include "engine/waits.h"

#include "base/short_text.h"
#include "engine/phase.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::engine {
namespace {

constexpr std::array kTroubles = {
    kImageNotPulled,       kPodsCrash,           kPodsUnschedulable,   kPodsCannotStart,
    kPodsRefused,          kTrafficRoutingError, kStableLacksCapacity, kAnalysisWithoutData,
    kAnalysisUnobservable, kInconclusiveRun,     kFailedRun,           kInvalidSpec,
    kReconciliationError,  kWritesContested,     kSecondController,    kEvictionRefused,
};

/// 0 for the most pressing.
int rank(const crds::Wait& wait) {
  if (is_trouble(wait)) return 0;
  const bool idle = wait.reason == kWaitingForRetry || wait.reason == kWaitingForOldPods;
  return idle ? 2 : 1;
}

const crds::Wait* find_same(const Waits& waits, const crds::Wait& wait) {
  const auto found = std::find_if(waits.begin(), waits.end(), [&](const crds::Wait& other) {
    return is_same_wait(other, wait);
  });
  return found == waits.end() ? nullptr : &*found;
}

crds::Wait of_replica_set(std::string_view reason, std::string message, std::string name) {
  return {.reason = std::string(reason),
          .message = std::move(message),
          .object = {"ReplicaSet", std::move(name)}};
}

}  // namespace

bool is_same_wait(const crds::Wait& left, const crds::Wait& right) {
  return left.reason == right.reason && left.object == right.object;
}

bool is_trouble(const crds::Wait& wait) {
  return std::find(kTroubles.begin(), kTroubles.end(), wait.reason) != kTroubles.end();
}

bool is_about_pods(const crds::Wait& wait) {
  return wait.object.kind == "ReplicaSet" && wait.reason != kWaitingForOldPods &&
         wait.reason != kWaitingForRestart;
}

Waits settle_waits(const Waits& waits, const Waits& before, SystemTime now) {
  Waits settled;
  for (const crds::Wait& wait : waits) {
    if (find_same(settled, wait) != nullptr) continue;
    const crds::Wait* known = find_same(before, wait);
    crds::Wait& kept = settled.emplace_back(wait);
    kept.message = shortened(kept.message, kWaitMessageMax);
    kept.since = known != nullptr && known->since <= now
                     ? known->since
                     : std::chrono::floor<std::chrono::seconds>(now);
  }
  std::stable_sort(settled.begin(), settled.end(),
                   [](const auto& left, const auto& right) { return rank(left) < rank(right); });
  if (settled.size() > kWaitsMax) settled.resize(kWaitsMax);
  return settled;
}

void show_waits(const crds::Rollout& before, const Waits& waits, SystemTime now,
                crds::RolloutStatus& status) {
  status.waiting_for = settle_waits(waits, before.status.waiting_for, now);
  PhaseAndMessage phase = decide_phase(before.spec, status);
  status.phase = phase.phase;
  status.message = std::move(phase.message);
}

crds::Wait for_pods(const Facts& facts, const ReplicaSet* replica_set, int64_t wanted) {
  const std::string name =
      replica_set != nullptr ? replica_set->name : facts.rollout().meta.name + "-" + facts.hash;
  const int64_t revision = replica_set == nullptr || replica_set == facts.current
                               ? facts.revision
                               : replica_set->revision();
  const std::string counts = fmt::format("{} of {} pods of revision {} are available",
                                         serving(replica_set), wanted, revision);
  crds::Wait wait = of_replica_set(kWaitingForPods, counts, name);
  wait.observed = fmt::format("{} available", serving(replica_set));
  wait.wanted = fmt::format("{} available", wanted);
  if (replica_set == nullptr) return wait;
  const auto trouble = facts.snapshot->pod_troubles.find(replica_set->name);
  if (!replica_set->failure.empty()) {
    wait.reason = kPodsRefused;
    wait.message = fmt::format("{}: {}", replica_set->failure, counts);
  } else if (trouble != facts.snapshot->pod_troubles.end()) {
    wait.reason = trouble->second.reason;
    wait.message =
        fmt::format("pod {}: {}; {}", trouble->second.pod, trouble->second.message, counts);
  }
  return wait;
}

crds::Wait for_router(const RouterObservation& router) {
  return {.reason = std::string(kTrafficRoutingError),
          .message = fmt::format("{}: {}", router.router, router.message),
          .object = router.object};
}

crds::Wait for_routers(const Facts& facts, const std::string& what, const std::string& wanted) {
  crds::Wait wait{.reason = std::string(kWaitingForTraffic),
                  .message = "the routers have not confirmed that " + what,
                  .wanted = wanted};
  const auto& routers = facts.snapshot->routers;
  for (const RouterState state : {RouterState::Error, RouterState::Pending}) {
    const auto found = std::find_if(routers.begin(), routers.end(), [&](const auto& router) {
      return router.state == state && !router.message.empty();
    });
    if (found == routers.end()) continue;
    if (state == RouterState::Error) {
      wait = for_router(*found);
      wait.wanted = wanted;
    } else {
      wait.object = found->object;
      wait.message += ": " + found->message;
    }
    break;
  }
  if (facts.traffic.known) {
    const std::string range =
        facts.traffic.least == facts.traffic.most
            ? std::to_string(facts.traffic.most)
            : fmt::format("{} to {}", facts.traffic.least, facts.traffic.most);
    wait.observed =
        fmt::format("weight {}{}", range, facts.traffic.pending ? ", not confirmed" : "");
  } else {
    wait.observed = "no weight";
  }
  return wait;
}

crds::Wait for_analysis(const AnalysisRun* run, std::string_view kind) {
  if (run == nullptr) {
    return {.reason = std::string(kWaitingForAnalysis),
            .message = fmt::format("the {} analysis run is not yet there", kind)};
  }
  const AnalysisReading& reading = run->reading;
  crds::Wait wait{
      .reason = std::string(kWaitingForAnalysis),
      .message = fmt::format(
          "{} analysis run {} is {}", kind, run->name,
          run->phase == crds::AnalysisPhase::None ? "not started" : crds::to_string(run->phase)),
      .object = {"AnalysisRun", run->name},
      .observed = reading.observed,
      .wanted = reading.wanted};
  if (reading.without_data) wait.reason = kAnalysisWithoutData;
  if (reading.unobservable) wait.reason = kAnalysisUnobservable;
  if (!reading.text.empty()) wait.message += ": " + reading.text;
  return wait;
}

}  // namespace sluice::engine
