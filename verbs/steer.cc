#include "verbs/steer.h"

#include "crds/names.h"
#include "verbs/action_record.h"
#include "verbs/bound_patch.h"

#include <nlohmann/json.hpp>

namespace sluice::verbs {
namespace {

void explain_abort(const crds::Rollout& rollout, const std::string& reason, BoundPatch& patch) {
  if (reason.empty())
    patch.clear_annotation(rollout, crds::kAbortReasonAnnotation);
  else
    patch.annotate(rollout, crds::kAbortReasonAnnotation, reason);
}

Write hold_write(const crds::Rollout& rollout, const Ask& ask, bool paused) {
  BoundPatch patch;
  if (is_observed(rollout)) patch.expect_revisions(rollout);
  record(rollout, make_record(rollout, ask, paused ? "pause" : "resume"), patch);
  return patch.set("/spec/paused", paused).for_spec();
}

/// Ends the pause for an answer, and no other, and passes nothing over: another run is to tell.
Decision ask_again(const crds::Rollout& rollout, const Ask& ask) {
  BoundPatch told;
  told.expect_revisions(rollout).expect_step(rollout);
  record(rollout, make_record(rollout, ask, "retry"), told);
  Json left = Json::array();
  for (const crds::PauseCondition& pause : rollout.status.pause_conditions) {
    if (pause.is_question()) continue;
    left.push_back({{"reason", pause.reason}, {"startTime", format_time(pause.start_time)}});
  }
  BoundPatch done;
  done.expect_revisions(rollout).expect_step(rollout);
  if (left.empty())
    done.remove("/status/pauseConditions").set("/status/controllerPause", false);
  else
    done.set("/status/pauseConditions", left);
  return {{told.for_spec(), done.for_status()}, "has its analysis run again"};
}

}  // namespace

Decision abort(const crds::Rollout& rollout, const Ask& ask) {
  const crds::RolloutStatus& status = rollout.status;
  if (status.abort) return {{}, "is aborted already"};
  const bool at_rest = is_observed(rollout) && is_promoted(rollout);
  if (at_rest || status.current_pod_hash.empty()) return {{}, "has no update to abort"};
  BoundPatch told;
  record(rollout, make_record(rollout, ask, "abort"), told);
  explain_abort(rollout, ask.reason, told);
  BoundPatch done;
  done.expect_revisions(rollout).set("/status/abort", true);
  // An abort is not held up by what is written about it.
  Write noted = told.for_spec();
  noted.needed = false;
  return {{std::move(noted), done.for_status()}, "aborted"};
}

Result<Decision> retry(const crds::Rollout& rollout, const Ask& ask) {
  if (auto seen = check_seen(rollout, ask); !seen) return fail(seen.error());
  if (!rollout.status.abort && has_question(rollout)) return ask_again(rollout, ask);
  if (!rollout.status.abort) return Decision{{}, "is not aborted"};
  BoundPatch told;
  told.expect_revisions(rollout);
  record(rollout, make_record(rollout, ask, "retry"), told);
  BoundPatch done;
  done.expect_revisions(rollout).expect("/status/abort", true).set("/status/abort", false);
  return Decision{{told.for_spec(), done.for_status()}, "retried"};
}

Result<Decision> pause(const crds::Rollout& rollout, const Ask& ask) {
  if (auto seen = check_seen(rollout, ask); !seen) return fail(seen.error());
  if (rollout.spec.paused) return Decision{{}, "is paused already"};
  return Decision{{hold_write(rollout, ask, true)}, "paused"};
}

Decision restart(const crds::Rollout& rollout, const Ask& ask) {
  BoundPatch patch;
  record(rollout, make_record(rollout, ask, "restart"), patch);
  return {{patch.set("/spec/restartAt", format_time(ask.at)).for_spec()}, "has restartAt set"};
}

Result<Decision> resume(const crds::Rollout& rollout, const Ask& ask) {
  if (auto seen = check_seen(rollout, ask); !seen) return fail(seen.error());
  if (!rollout.spec.paused) return Decision{{}, "is not held by `sluice pause`"};
  return Decision{{hold_write(rollout, ask, false)}, "resumed"};
}

}  // namespace sluice::verbs
