#pragma once

// One simulated life of a Rollout, decided by a seed: releases, verdicts, flapping pods, a slow
// gateway, people who act and people who meddle, an API that fails, deaths of the process. Then
// everything heals, and the Rollout must come to rest.

#include "tests/controller/controller_world.h"
#include "tests/sim/safety_watch.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sluice::sim {

/// What a life was like: stories without trouble prove nothing.
struct Tally {
  size_t bad_verdicts = 0;
  size_t deaths = 0;
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed);

  /// Lives through everything. False where something went wrong: see report().
  bool run();

  /// What went wrong, and all that happened until then.
  std::string report();

  const Tally& tally() const { return tally_; }

  controller::test::ControllerWorld& world() { return world_; }

 private:
  bool chance(int percent) { return roll(100) < percent; }

  int roll(int sides) { return static_cast<int>(dice_() % static_cast<uint32_t>(sides)); }

  std::string some_image();
  std::string latest_image();
  /// "" where no ReplicaSet has the hash.
  std::string image_of(const std::string& hash) const;
  Json some_steps();

  void happen();
  void release();
  void flap();
  void change_metrics();
  void change_faults();
  void change_gateway();
  void kill();
  void on_change(const local::Change& change);
  void change_size();
  /// Somebody writes to what is the controller's.
  void interfere();
  void person_acts();

  /// One second, watched.
  void tick();
  void heal();
  /// Ticks until the Rollout stands still in a phase that says why.
  bool comes_to_rest();
  /// A patient person answers every question until the Rollout is healthy.
  bool ends_healthy();
  bool is_tidy();

  void say(std::string what);

  uint32_t seed_;
  std::mt19937 dice_;
  controller::test::ControllerWorld world_;
  std::unique_ptr<SafetyWatch> watch_;
  std::shared_ptr<void> observer_;
  bool dies_with_verdict_ = false;
  std::map<std::string, double> rates_;  ///< By image; NaN for no data, negative for an error.
  int64_t now_ = 0;                      ///< Seconds since the first deployment.
  int64_t trouble_until_ = 0;            ///< When the last fault, and what follows of it, is over.
  int64_t blur_until_ = 0;
  int64_t weight_ = 0;  ///< The canary's, as last told.
  Tally tally_;
  std::vector<std::string> trace_;
  std::string wrong_;
};

}  // namespace sluice::sim
