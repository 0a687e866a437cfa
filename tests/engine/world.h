#pragma once

// A tiny cluster in memory for stories: it applies plans to a snapshot as the shell would, lets
// pods become available and routers confirm on a tick, and checks after every write that no traffic
// goes where it must not.

#include "engine/plan.h"
#include "engine/snapshot.h"

#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace sluice::engine::test {

inline constexpr size_t kNever = std::numeric_limits<size_t>::max();

struct WorldOptions {
  int32_t replicas = 10;
  bool routed = true;
  RouterState router = RouterState::Verified;  ///< What a router answers once it has had time.
  std::vector<crds::Step> steps;
};

/// The steps of the mission: 10, 30, 50, 80, 100 with an indefinite pause after each but the last.
std::vector<crds::Step> mission_steps();
crds::Step set_weight(int64_t weight);
crds::Step pause_step();
crds::Step pause_step(Duration duration);
crds::Step analysis();

class World {
 public:
  explicit World(WorldOptions options);

  Snapshot snapshot;

  /// Pods of these revisions (by image) never become available.
  std::set<std::string> broken_images;
  /// The phase that new analysis runs come to on the next tick; None leaves them alone.
  crds::AnalysisPhase next_verdict = crds::AnalysisPhase::None;
  std::string verdict_message;
  /// Routers stop confirming.
  bool routers_stuck = false;
  /// Routing writes fail.
  bool routers_refuse = false;
  /// Analysis runs cannot be created, which ends the application of a plan.
  bool runs_refused = false;
  /// Writes so far (actions and statuses), and the one at which the process dies: it and the rest
  /// of its plan are lost.
  size_t writes = 0;
  size_t dies_at_write = kNever;
  /// What the plans told as news.
  std::vector<Reason> news;
  /// Hears of each plan before it is applied.
  std::function<void(const Plan&)> on_plan;
  /// Whether writes that harm traffic fail the test.
  bool judges = true;

  crds::Rollout& rollout() { return snapshot.rollout; }

  crds::BlueGreenStrategy& blue_green() {
    return std::get<crds::BlueGreenStrategy>(snapshot.rollout.spec.strategy);
  }

  crds::CanaryStrategy& canary() { return *snapshot.rollout.spec.canary(); }

  const crds::RolloutStatus& status() const { return snapshot.rollout.status; }

  /// Changes the pod template's image, as `set image` does.
  void release(const std::string& image);
  void promote();
  void promote_full();
  void abort();
  void retry();

  /// Plans, applies the actions in their order, writes the status last.
  Plan reconcile();
  /// Pods start and stop, routers confirm, runs end, one second passes.
  void tick();
  /// Reconciles and ticks until nothing changes; fails after too many rounds.
  void settle();
  /// Lets time pass in one go.
  void advance(Duration span);

  const ReplicaSet* find_image(const std::string& image) const;
  ReplicaSet& revision(const std::string& image);
  std::string hash(const std::string& image) const;
  int64_t canary_weight() const;
  bool was_told(std::string_view code) const;
  /// Pods that may take the traffic of a Service.
  int64_t serving_behind(const std::string& service) const;
  /// The share of the traffic, in percent, that reaches a revision.
  int64_t traffic_of(const std::string& hash) const;
  /// Traffic with nobody behind it; empty where all is well.
  std::string outage() const;
  /// The weight is still on the canary Service, behind which the stable revision is.
  bool is_handing_over() const;

 private:
  bool dies_now();
  void apply(const Action& action);
  void check_scale(const Action& action) const;
  void check_switch(const Action& action) const;
  void check_plan(const Plan& plan) const;

  WorldOptions options_;
};

/// Ann's, for a sale.
crds::Freeze freeze_of(const std::string& namespace_);

/// Three replicas of v1 with that strategy, deployed and healthy: `shop-active` and `shop-preview`.
World blue_green(crds::BlueGreenStrategy strategy = {});

/// Ten replicas of v1, deployed and healthy, with the mission's steps.
World deployed(bool routed = true, RouterState router = RouterState::Verified);

}  // namespace sluice::engine::test
