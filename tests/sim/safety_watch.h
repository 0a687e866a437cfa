#pragma once

// SafetyWatch looks at every write to the cluster and at every second of it, and notes whatever
// must never be: traffic where no pods are, weights that lose requests, a revision judged bad, or
// aborted by a person, that keeps its traffic.

#include "tests/controller/controller_world.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::sim {

class SafetyWatch {
 public:
  /// Watches from now on; `world` must outlive it and have its first revision deployed.
  explicit SafetyWatch(controller::test::ControllerWorld& world);

  /// How strict to be from now on. While calls fail the controller cannot act, and while answers
  /// are late it cannot know; what follows from that is no violation.
  struct Mode {
    bool can_act = true;   ///< Nothing fails, and what failed had its time to be tried again.
    bool can_know = true;  ///< Nothing is late, and no view is older than the cluster.
  };

  void set_mode(Mode mode) { mode_ = mode; }

  /// The end of a second in which the controller ran all the time.
  void look();

  /// The end of a second in which it did not.
  void look_away() {
    canary_was_dark_ = false;
    abort_was_unheeded_ = false;
  }

  /// How many runs judged a revision bad so far.
  size_t verdicts() const { return known_verdicts_.size(); }

  const std::vector<std::string>& violations() const { return violations_; }

 private:
  void on_change(const local::Change& change);
  void check_scale(const local::Change& change);
  void check_verdicts();
  void check_abort();

  void note(std::string violation) { violations_.push_back(std::move(violation)); }

  /// Pods behind the Service that may take requests; all where it selects no revision.
  int64_t serving_behind(const std::string& service) const;
  /// Which side has weight but nobody to take it; "" where all is well.
  std::string outage() const;

  controller::test::ControllerWorld& world_;
  std::shared_ptr<void> observer_;
  Mode mode_;
  std::string outage_before_;
  bool canary_was_dark_ = false;
  bool abort_was_unheeded_ = false;
  /// Verdicts whose revision still had traffic at the last look: run to hash.
  std::map<std::string, std::string> unheeded_;
  std::set<std::string> known_verdicts_;
  std::vector<std::string> violations_;
};

}  // namespace sluice::sim
