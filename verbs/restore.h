#pragma once

// The ways back to an older revision: undo, a release like any other, and rollback, at once and
// from every state.

#include "verbs/verb_types.h"

namespace sluice::verbs {

/// Makes the template of an older revision current, through the steps as always. 0: the one before.
/// NotFound names the revisions that are kept.
Result<Decision> undo(const crds::Rollout& rollout, const std::vector<Revision>& revisions,
                      const Ask& ask, int64_t to_revision);

/// What `rollback` has to do in the state that was found.
struct Rollback {
  enum class Kind {
    Abort,     ///< An update is under way: its traffic goes back to the stable revision.
    Return,    ///< The current revision is stable: the one promoted before it takes over at once.
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

/// True once all traffic is confirmed to be with `hash`: the routers of today say so (the active
/// Service of a blue-green Rollout selects it) and nothing is
/// left with former ones; without routing, there are no other pods.
bool traffic_is_back(const crds::Rollout& rollout, const std::string& hash);

}  // namespace sluice::verbs
