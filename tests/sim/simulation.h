#pragma once

// One simulated life of a Rollout or two, decided by a seed: releases, verdicts, flapping pods, a
// slow gateway, people who act, freeze and meddle, an API that fails for a while, clocks that are
// set, deaths of the process, or several processes of which one leads. Some lives begin before the
// first revision is there. Then everything heals, and each Rollout must come to rest.

#include "tests/controller/controller_world.h"
#include "tests/sim/cells.h"
#include "tests/sim/crew.h"
#include "tests/sim/safety_watch.h"
#include "tests/sim/scene.h"
#include "tests/sim/setting.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::sim {

/// What a life was like: stories without trouble prove nothing.
struct Tally {
  size_t bad_verdicts = 0;
  size_t deaths = 0;
  size_t promotions = 0;
  size_t terms = 0;  ///< Of those who led where several stand for the Lease.
  int64_t seconds = 0;
  /// Seconds of which every rule was in force.
  int64_t watched_seconds = 0;
  Cells cells;

  Tally& operator+=(const Tally& other);
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed);

  /// From now on the report has every write to every object, too.
  void tell_writes() { tells_writes_ = true; }

  /// Lives through everything. False where something went wrong: see report().
  bool run();

  /// What went wrong, and all that happened until then.
  std::string report();

  /// What went wrong, in one line; "" where nothing did.
  const std::string& wrong() const { return wrong_; }

  const Tally& tally() const { return tally_; }

  controller::test::ControllerWorld& world() { return world_; }

 private:
  bool live();
  bool deploy();
  /// What may happen before there is a stable revision; no rule but that it becomes healthy.
  bool live_first_days();
  const RolloutView& someone();
  std::string some_image(const RolloutView& view);
  /// What the metric source says of the revision.
  Result<double> rate_of(const std::string& hash) const;
  /// Something happens to the Rollout, as it is now.
  void mark(const RolloutView& view, Event event);
  /// The same to all of them.
  void mark_all(Event event);

  // ---- what happens in a second (simulation_aim.cc)

  void happen();
  /// Leads to where this life aims, or lets something happen there; false where neither.
  bool steer();
  void steer_course(const RolloutView& view);
  void steer_brake(const RolloutView& view, Brake now);
  /// Nothing happens where the world is not such that it can.
  void cause(const RolloutView& view, Event event);

  // ---- what people do (simulation_people.cc)

  void release(const RolloutView& view);
  void release_stable(const RolloutView& view);
  void release_image(const RolloutView& view, const std::string& image);
  void roll_back(const RolloutView& view, const std::string& image);
  void change_size(const RolloutView& view);
  void edit_steps(const RolloutView& view);
  void edit_blue_green(const RolloutView& view);
  void change_strategy(const RolloutView& view);
  void reroute(const RolloutView& view);
  void rename_preview(const RolloutView& view, const std::string& service);
  void name_canary_service(const RolloutView& view, const std::string& service);
  void pause_or_go_on(const RolloutView& view);
  void freeze_or_thaw(const RolloutView& view);
  void restart(const RolloutView& view);
  void abort(const RolloutView& view);
  void retry(const RolloutView& view);
  void promote(const RolloutView& view);
  void promote_full(const RolloutView& view);
  /// Somebody writes to the Rollout between a plan and the status that follows of it.
  void overtake(const RolloutView& view);
  void patch_spec(const RolloutView& view, const Json& patch);
  void patch_status(const RolloutView& view, const Json& status);

  // ---- what befalls it (simulation_troubles.cc)

  void flap(const RolloutView& view);
  void change_metrics(const RolloutView& view);
  void begin_faults();
  void change_gateway();
  void set_clock();
  void kill();
  /// Of those who stand for the Lease, something befalls one.
  void trouble_leader();
  /// Another engine takes over in between, which keeps nothing of what only Sluice knows.
  void be_taken_over(const RolloutView& view);
  /// Somebody writes to what is the controller's.
  void interfere(const RolloutView& view);
  void put_route_back(const RolloutView& view);
  /// A Service or a route of the Rollout is gone for a while.
  void lose_service(const RolloutView& view);
  void lose_route(const RolloutView& view);
  void lose(const RolloutView& view, const std::string& kind, const std::string& name);
  void bring_back();
  void lift_freezes();

  // ---- time

  void on_change(const local::Change& change);
  /// One second, watched.
  void tick();
  SafetyWatch::Mode mode_now();
  void heal();
  void heal_spec(const RolloutView& view);
  bool is_at_rest(const RolloutView& view) const;
  /// Ticks until each Rollout stands still in a phase that says why.
  bool comes_to_rest();
  /// A patient person answers every question until all are healthy.
  bool ends_healthy();
  /// Whoever names the Services of another Rollout is told, and has done nothing.
  void expect_refused_rival();
  bool is_tidy();
  void expect_tidy(const RolloutView& view);
  void expect_silence();
  void tell_traffic(const RolloutView& view);
  bool all_healthy() const;

  void expect(bool holds, const std::string& what);
  void say(std::string what);
  void say_write(const local::Change& change);

  uint32_t seed_;
  Dice dice_;
  controller::test::ControllerWorld world_;
  Situation aim_;
  size_t caused_ = 0;  ///< Events in the situation that it aims at.
  Setting setting_;
  std::vector<Json> manifests_;
  Crew crew_;
  std::unique_ptr<Scene> scene_;
  std::vector<std::unique_ptr<RolloutView>> newcomers_;  ///< One a Rollout, until it is watched.
  std::vector<std::unique_ptr<SafetyWatch>> watches_;    ///< One a Rollout.
  std::vector<const RolloutView*> views_;                ///< Of the one or the other.
  bool dies_with_verdict_ = false;
  std::map<std::string, double> rates_;  ///< By image; NaN for no data, negative for an error.

  /// What is gone for a while, and when it comes back.
  struct Lost {
    Json manifest;
    int64_t until = 0;
  };

  std::vector<Lost> lost_;
  std::map<std::string, std::string> changed_;  ///< The image at the last change of strategy.
  std::set<std::string> freezes_;               ///< The namespaces of those that there are.
  int64_t now_ = 0;                             ///< Seconds since the first deployment.
  int64_t faults_until_ = 0;
  int64_t trouble_until_ = 0;  ///< When the last fault, and what follows of it, is over.
  int64_t blur_until_ = 0;
  std::map<std::string, int64_t> weights_;       ///< The canaries', as last told.
  std::map<std::string, std::string> selected_;  ///< Who has the users, as last told.
  Tally tally_;
  std::vector<std::string> trace_;
  bool tells_writes_ = false;
  std::string wrong_;
};

}  // namespace sluice::sim
