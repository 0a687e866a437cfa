#pragma once

// A plan in the making: the facts it starts from, the status as decided so far, and what has been
// collected. Each planner reads the facts and the decisions before it and adds its own.

#include "engine/course.h"
#include "engine/facts.h"
#include "engine/plan.h"
#include "engine/update_duration.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::engine {

struct Draft {
  explicit Draft(const Facts& known);

  const Facts& facts;
  crds::RolloutStatus status;
  std::vector<Action> actions;
  std::vector<Reason> reasons;
  std::vector<crds::Wait> waits;  ///< As they come; engine/waits.h puts them in order.
  std::optional<SystemTime> wake_at;
  std::set<std::string> pods_of;  ///< Plan::pods_of
  /// The current revision is the stable one, from before or by this plan.
  bool promoted = false;
  /// Something moved in this plan: the progress deadline starts anew.
  bool progressed = false;
  /// An update begins in this plan, or begins anew.
  bool begun = false;
  /// How the update that was under way ended in this plan.
  std::optional<Completion> completion;
  /// The update stands at a pause or an analysis: no deadline counts.
  bool stands_by_design = false;
  /// Why this plan aborts, as the status shall say it; empty where no abort begins or goes on.
  std::string abort_message;

  Course course() const { return decide_course(facts, status, promoted); }

  /// No step ends and no weight is raised: spec.paused, a freeze, or a question that nobody has
  /// answered. An abort is never held up.
  bool halted() const;

  /// Halted on the way to the current revision: each revision keeps its share of the pods, whatever
  /// the Rollout is scaled to.
  bool held() const { return halted() && !promoted && !facts.stable_lost; }

  bool has_pause(std::string_view reason) const;

  /// A run has come to no verdict, or to one that a person has to act on, and nobody has answered.
  bool has_question() const;

  /// The current step: from 0 to the number of steps, which means past the last one.
  int32_t index() const;
  void set_index(int32_t index);

  /// The ReplicaSets that are neither the current revision nor a stable one to go back to, oldest
  /// first. A promotion in this plan adds the revision that was stable.
  std::vector<const ReplicaSet*> old_sets() const;

  /// The stable revision that takes the traffic back, or null.
  const ReplicaSet* stable() const { return promoted ? facts.current : facts.stable; }

  /// Who answers the users that no step gives to the current revision: the stable revision; where
  /// there is none, or none any more, the current one. Null where nobody can.
  const ReplicaSet* home() const;

  void act(Action action) { actions.push_back(std::move(action)); }

  void news(std::string_view code, std::string message, StringMap params = {},
            Severity severity = Severity::Normal);
  /// News of what an action of this plan does.
  void effect(std::string_view code, std::string message, StringMap params);

  void wait(crds::Wait wait) { waits.push_back(std::move(wait)); }

  void wait(std::string_view reason, std::string message,
            std::optional<SystemTime> next_look = std::nullopt);
  /// Look again at that time at the latest.
  void wake(SystemTime at);
};

/// The whole second at or after: stored times have no fraction.
SystemTime next_whole_second(SystemTime time);

}  // namespace sluice::engine
