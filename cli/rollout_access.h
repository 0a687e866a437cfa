#pragma once

// Reading and writing one Rollout on behalf of a person: what was not found is explained, a spec
// that the controller has not seen yet is waited for, writes are bound to what was read, and an API
// server that is away for a moment is borne.

#include "cli/look/rollout_info.h"
#include "cli/session.h"
#include "crds/rollout.h"
#include "verbs/verb_types.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct RolloutRead {
  kube::Object object;
  crds::Rollout rollout;

  /// Whether the status speaks of the newest spec, and of a retry if there was one.
  bool observed() const;
};

/// NotFound names the rollouts that are there, or says that the cluster knows none at all.
kube::Awaitable<Result<RolloutRead>> read_rollout(Session& session, std::string name);

/// The same with all that belongs to the Rollout.
kube::Awaitable<Result<RolloutObjects>> read_whole_rollout(Session& session, ObjectKey key);

/// The same once the controller has seen the newest spec, or after 5 seconds as it is: decisions
/// that follow from the status would otherwise be about the spec before.
kube::Awaitable<Result<RolloutRead>> read_observed_rollout(Session& session, std::string name);

/// Writes one after the other; the Rollout as the last one left it. `writes` is not empty.
kube::Awaitable<Result<kube::Object>> write_rollout(Session& session, ObjectKey key,
                                                    std::vector<verbs::Write> writes);

/// Whether a write failed because what was read has moved on: read again, decide again.
bool overtaken(const Error& error);

/// How often a decision is taken anew when somebody else was faster.
inline constexpr int kDecisionsMax = 5;

/// The error of an object (of a list, where `name` is "") that was not found, with what a person
/// needs next. Others stay as they are.
kube::Awaitable<Error> explain_not_found(Session& session, kube::Resource resource,
                                         std::string name, Error error);

/// `rollouts.argoproj.io "shpo" not found in namespace "default": did you mean "shop"?`
std::string missing_text(const kube::Resource& resource, const ObjectKey& key,
                         const std::vector<std::string>& names);

/// What a wait does about errors: once the API server has answered, it may be away for a minute.
class Patience {
 public:
  static constexpr Duration kAwayMax = std::chrono::minutes(1);

  explicit Patience(Clock& clock) : clock_(clock) {}

  /// The server has answered.
  void answered();
  /// Whether to ask again; warns at the first of several errors.
  bool bears(const Error& error);

 private:
  Clock& clock_;
  std::optional<SteadyTime> last_answer_;
  bool warned_ = false;
};

}  // namespace sluice::cli
