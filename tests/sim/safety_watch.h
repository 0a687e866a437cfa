#pragma once

// SafetyWatch looks at every write to the cluster and at every second of it, and notes whatever
// must never be: traffic where no pods are, weights that lose requests, steps, weights, pods and
// promotions that nothing has earned (ledger.h), a revision judged bad, or aborted by a person,
// that keeps its traffic or gets some again. Of a blue-green Rollout: users who are given to, left
// with or taken from the wrong revision, and pods that go before they may.

#include "tests/sim/ledger.h"
#include "tests/sim/scene.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sluice::sim {

class SafetyWatch {
 public:
  /// Watches one Rollout, which is at rest, from now on; `scene` must outlive the watch.
  SafetyWatch(Scene& scene, Role role);
  SafetyWatch(const SafetyWatch&) = delete;
  SafetyWatch& operator=(const SafetyWatch&) = delete;

  /// How strict to be from now on. While calls fail the controller cannot act, and while answers
  /// are late it cannot know; what follows from that is no violation. What it writes to the
  /// Rollout itself is bound to what it saw, and must be right all the same.
  struct Mode {
    bool can_act = true;   ///< Nothing fails, and what failed had its time to be tried again.
    bool can_know = true;  ///< Nothing is late, and no view is older than the cluster.
  };

  void set_mode(Mode mode) {
    mode_ = mode;
    ledger_.set_freezes_known(mode.can_know);
  }

  /// The source has told the controller nothing good of the revision: traffic may be taken from it
  /// before that is stored.
  void hear_bad(const std::string& hash) { heard_bad_[hash] = view_.scene().clock().steady_now(); }

  /// The end of a second in which the controller ran all the time.
  void look();

  /// The end of a second in which it did not.
  void look_away() {
    canary_was_dark_ = false;
    former_looks_ = 0;
    service_looks_ = 0;
    looks_.clear();
    unheeded_.clear();
  }

  /// How many runs judged a revision bad so far.
  size_t verdicts() const { return verdicts_.size(); }

  const RolloutView& view() const { return view_; }

  const std::vector<std::string>& violations() const { return violations_; }

 private:
  void on_change(const local::Change& change);
  void follow_spec();
  void remember_traffic();
  void note_busy();
  void check_status();
  void check_index();
  bool was_aborted() const;
  void check_traffic(const local::Change& change);
  void check_share(const std::string& hash, int64_t before, int64_t after);
  void check_return(const std::string& hash, int64_t after);
  bool is_more_than_held(const std::string& hash, int64_t share) const;
  std::set<std::string> header_routes() const;
  std::set<std::string> unearned_header_routes() const;
  void check_header_routes(const std::string& written);
  void check_subject(const Json& run);
  void check_selection(const std::string& service);
  void check_canary_service();
  bool is_made_unheard(const std::string& hash) const;
  void check_scale(const std::string& name);
  void check_growth(const std::string& hash, int64_t after);
  void check_drain(const std::string& hash, int64_t after);
  void check_surge(const std::string& hash);
  int64_t shortfall() const;
  bool bears(const std::string& hash, int64_t weight) const;
  void check_availability(int64_t before, const Json& replica_set);
  void check_delay(const std::string& hash, int64_t after);
  int64_t sum(int64_t (RolloutView::*of)(const std::string&) const) const;
  void check_condemned();
  void check_former();
  void look_at_return();

  // ---- of a blue-green Rollout (safety_watch_users.cc)

  void check_switch(const std::string& service);
  void check_users(const std::string& before, const std::string& after);
  void check_blue_green_status();
  void check_blue_green_scale(const std::string& hash, int64_t before, int64_t after);
  void check_blue_green_drain(const std::string& hash, int64_t after);
  void look_at_users();
  void look_at_former_services();
  void note_use();

  /// Notes what lasts for so many looks at which the controller could have ended it.
  void note_lasting(const std::string& what, bool present, int looks_max);
  void note(std::string violation);

  /// Which side has weight but nobody to take it; "" where all is well.
  std::string outage() const;
  /// There is somebody to send the traffic of a bad revision to.
  bool stable_can_take_over() const;
  bool was_heard_bad(const std::string& hash) const;
  bool is_stable_dead() const;

  RolloutView view_;
  Ledger ledger_;
  Mode mode_;
  std::map<std::string, SteadyTime> heard_bad_;
  std::string outage_before_;
  std::map<std::string, int64_t> shares_before_;
  /// The share of each revision when somebody began to hold the update.
  std::map<std::string, int64_t> shares_held_;
  std::set<std::string> header_routes_before_;
  int64_t weight_before_ = 0;
  /// The canary's, by the last route that the gateway has confirmed.
  int64_t weight_in_force_ = 0;
  bool canary_was_dark_ = false;
  /// For how many looks what the spec names no longer has had traffic that it should not have.
  int former_looks_ = 0;
  /// For how many looks the canary Service has selected what was aborted.
  int service_looks_ = 0;

  struct Moment {
    SystemTime wall;
    SteadyTime steady;
  };

  /// When the present revision last had traffic, or a Service that leads to it.
  Moment busy_;
  /// When each revision last had users, or stood by for them to come back.
  std::map<std::string, Moment> used_;
  /// For how many looks what must not last has lasted.
  std::map<std::string, int> looks_;
  /// For how many looks a condemned revision had traffic or pods that it should not have.
  std::map<std::string, int> unheeded_;
  std::set<std::string> verdicts_;
  std::vector<std::string> violations_;
};

}  // namespace sluice::sim
