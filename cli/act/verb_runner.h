#pragma once

// Carries out what verbs/ decides: reads the Rollout, says who asks, writes, and decides anew when
// somebody else was faster, for what was seen first. What nobody acts upon is not called done.

#include "cli/rollout_access.h"
#include "cli/session.h"
#include "verbs/verb_types.h"

#include <functional>
#include <string>
#include <vector>

namespace sluice::cli {

/// What a person says beside the verb.
struct VerbOptions {
  std::vector<std::string> names;
  std::string reason;
  bool as_json = false;
  std::optional<int32_t> step;  ///< The step that was seen.
};

/// What a verb decides from. Revisions are read only for verbs that want them.
struct VerbInput {
  crds::Rollout rollout;
  std::vector<verbs::Revision> revisions;
};

/// What a verb stands on.
enum class Basis {
  Spec,        ///< The spec alone: no controller is needed.
  SeenStatus,  ///< A status that speaks of the newest spec; refused without.
  AnyStatus,   ///< The same if it comes soon, else whatever the status is: the wish is recorded.
};

struct Verb {
  std::string word;  ///< As it is typed: "set image".
  std::function<Result<verbs::Decision>(const VerbInput&, const verbs::Ask&)> decide;
  Basis basis = Basis::SeenStatus;
  bool wants_revisions = false;
  bool takes_several = false;  ///< Several Rollouts at once.
  bool goes_on = true;         ///< It lets an update move, which a freeze holds up.
};

/// Who the API server says that we are; where it does not say, the kubeconfig's user as a claim.
kube::Awaitable<verbs::Actor> find_actor(Session& session);

/// The verb as a command, for one Rollout after the other: tells what came of each, returns the
/// highest exit code.
kube::Awaitable<int> run_verb(Session& session, VerbOptions options, Verb verb);

}  // namespace sluice::cli
