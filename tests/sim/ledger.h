#pragma once

// The Ledger keeps account of what the present update of a Rollout has earned: by pods that became
// available, routes that a gateway confirmed, pauses that are over or that somebody ended, runs
// that were successful, and by what people asked for. It reads nothing but API objects and shares
// no code with the engine; what the engine does may lag behind the account, but never lead it.
//
// An attempt begins with another image, other steps or the other strategy, and with the retry of an
// abort.

#include "tests/sim/scene.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace sluice::sim {

class Ledger {
 public:
  /// Begins with a Rollout at rest; `view` must outlive the ledger.
  explicit Ledger(const RolloutView& view);

  /// Takes in a change of the Rollout that the scene has just shown.
  void note_rollout(bool by_controller);
  /// The same of an AnalysisRun of that name.
  void note_run(const std::string& name, bool by_controller);
  /// Takes in all else, time too.
  void look();

  /// So many steps may be over.
  int64_t steps() const { return attempt_->cursor; }

  /// The greatest weight that steps up to the present one ask for.
  int64_t weight() const;
  /// The fewest pods with which a step up to the present one asks for that weight; nothing where
  /// none does.
  std::optional<int64_t> pods_for(int64_t weight) const;
  /// No step sets the canary's size apart from its weight.
  bool sizes_by_weight() const;
  /// The header routes that steps up to the present one ask for.
  std::set<std::string> header_routes() const;

  bool may_be_stable() const { return attempt_->may_be_stable; }

  /// Of a blue-green update: the preview's pods, its analysis and the pause are over.
  bool is_passed() const;

  /// The present revision may have more pods than the preview asks for.
  bool may_be_full() const { return is_passed() || attempt_->in_full || attempt_->stands_by; }

  /// A freeze is an object of its own: while views are late nobody need have heard of it.
  void set_freezes_known(bool known) { freezes_known_ = known; }

  /// Somebody asked for the revision that it had before, at once.
  bool returns() const { return attempt_->returns; }

  /// Somebody paused or froze the Rollout, or has to answer an inconclusive run.
  bool is_halted() const;
  /// The same, before this very moment.
  bool was_halted() const;

  /// Judged bad by a run, or aborted; before this very moment.
  bool is_bad() const;

  /// Judged bad, and the controller has not told of it yet.
  bool is_unheard() const;

  /// There is a reason to abort.
  bool may_abort() const { return in_force().bad_since.has_value(); }

  /// There is a reason for the status, as it is now, to say that it is aborted: until it is of the
  /// present spec it is about what was under way before.
  bool may_tell_of_abort() const {
    return (view_.is_planned() ? *attempt_ : *seen_).bad_since.has_value();
  }

  /// The sizes that may count: under a spec that is refused that of the one before, but as soon as
  /// nothing is wrong with it any more its own.
  int64_t most_replicas() const { return std::max(view_.replicas(), replicas_before()); }

  int64_t least_replicas() const { return std::min(view_.replicas(), replicas_before()); }

  /// The revision that the attempt is about; "" until it has a ReplicaSet.
  std::string hash() const { return view_.hash_of(attempt_->image); }

  /// Judged bad or aborted, and neither released nor retried nor promoted since.
  bool is_condemned(const std::string& hash) const;

 private:
  /// The last of the three stages before a blue-green switch.
  static constexpr int64_t kBlueGreenPause = 2;

  struct Moment {
    SystemTime wall;
    SteadyTime steady;
  };

  struct Attempt {
    std::string image;
    bool blue_green = false;
    Json steps;
    int64_t cursor = 0;
    Moment reached;            ///< When the cursor came to where it is.
    std::set<int64_t> passed;  ///< Steps that somebody ended.
    bool in_full = false;      ///< Somebody asked for all of it at once.
    bool returns = false;      ///< The same, of a revision that was there before.
    bool stands_by = false;    ///< It was stable once, and its pods are still there.
    bool may_be_stable = false;
    std::map<std::string, Json> runs;  ///< Those that were created for it.
    std::set<std::string> bad_runs;
    std::set<std::string> questions;  ///< Inconclusive runs that nobody has answered.
    std::set<std::string> given_up;   ///< Runs that the controller told to end.
    std::optional<Moment> bad_since;
    bool abort_is_known = false;  ///< To the controller.
  };

  int64_t replicas_before() const { return view_.is_refused() ? seen_replicas_ : view_.replicas(); }

  Moment now() const;
  std::shared_ptr<Attempt> begin() const;
  void begin_again();
  void follow_spec();
  void note_person(const Json& before);
  void note_answers(const Json& before);
  void forgive_unheard(Attempt& attempt) const;
  bool is_abort_heard() const;
  bool is_at_rest(const Attempt& attempt) const;
  void note_controller(const Json& before);
  Attempt& attempt_of(const std::string& run, bool begins) const;
  void judge(Attempt& attempt, const std::string& name, const Json& run);
  /// The attempt that the controller is about.
  Attempt& in_force() const;
  void condemn(Attempt& attempt);
  bool is_frozen() const;
  bool is_watched() const;
  bool is_earned(int64_t step) const;
  bool is_weight_reached(int64_t step) const;
  bool is_pause_over(const Json& pause) const;
  bool has_successful_run(int64_t step) const;
  bool is_shifted() const;
  void look_at_blue_green(Attempt& attempt);
  bool is_stage_over(int64_t stage) const;
  bool is_pause_of_blue_green_over() const;
  bool is_proven(const char* analysis, const char* type) const;
  int64_t weight_at(int64_t step) const;
  int64_t pods_at(int64_t step) const;
  int64_t routed_pods(int64_t weight) const;

  int64_t step_count() const { return static_cast<int64_t>(attempt_->steps.size()); }

  const RolloutView& view_;
  std::shared_ptr<Attempt> attempt_;
  /// That which the controller is known to have seen.
  std::shared_ptr<Attempt> seen_;
  int64_t seen_replicas_ = 0;
  std::string stable_;
  std::set<std::string> condemned_;
  std::set<std::string> was_stable_;  ///< All revisions that are or were stable.
  std::optional<Moment> halted_since_;
  bool freezes_known_ = true;
};

}  // namespace sluice::sim
