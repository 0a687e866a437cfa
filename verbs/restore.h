#pragma once

// The ways back to an older revision: undo, a release like any other, and rollback, at once and
// from every state.

#include "verbs/verb_types.h"

namespace sluice::verbs {

/// Makes the template of an older revision current, through the steps as always. 0: the one before.
/// NotFound names the revisions that are kept; Invalid where the same press went back already.
Result<Decision> undo(const crds::Rollout& rollout, const std::vector<Revision>& revisions,
                      const Ask& ask, int64_t to_revision);

/// What `rollback` has to do in the state that was found.
struct Rollback {
  enum class Kind {
    Abort,   ///< An update is under way: its traffic goes back to the stable revision.
    Return,  ///< The current revision is stable, or the stable one is gone: the one promoted before
             ///< takes over at once.
    Underway,  ///< The return was asked for already: only wait for it.
    Done,      ///< Traffic is back already.
  };
  Kind kind = Kind::Done;
  std::vector<Write> writes;
  std::string hash;  ///< The revision that traffic returns to.
  std::string explanation;
};

/// Works in every state and is idempotent: asked twice, it does once.
Result<Rollback> plan_rollback(const crds::Rollout& rollout, const std::vector<Revision>& revisions,
                               const Ask& ask);

/// How far the way back to a revision has come.
enum class TrafficReturn {
  Underway,
  /// A router confirms that all traffic goes there, and it is handed over to the stable Service.
  Handing,
  /// The active Service of a blue-green Rollout selects it; without routing, there are no other
  /// pods. Nobody confirms that requests follow: that takes kHandOver (crds/hand_over.h).
  Sent,
  /// A router confirms that all go to the stable Service, which had the time to be followed.
  Confirmed,
};

/// Nothing is left with former routers either, from Handing on.
TrafficReturn traffic_return(const crds::Rollout& rollout, const std::string& hash);

}  // namespace sluice::verbs
