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
  record(rollout, make_record(rollout, ask, paused ? "pause" : "resume"), patch);
  return patch.set("/spec/paused", paused).for_spec();
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

Decision retry(const crds::Rollout& rollout, const Ask& ask) {
  if (!rollout.status.abort) return {{}, "is not aborted"};
  BoundPatch told;
  told.expect_revisions(rollout);
  record(rollout, make_record(rollout, ask, "retry"), told);
  BoundPatch done;
  done.expect_revisions(rollout).expect("/status/abort", true).set("/status/abort", false);
  return {{told.for_spec(), done.for_status()}, "retried"};
}

Decision pause(const crds::Rollout& rollout, const Ask& ask) {
  if (rollout.spec.paused) return {{}, "is paused already"};
  return {{hold_write(rollout, ask, true)}, "paused"};
}

Decision restart(const crds::Rollout& rollout, const Ask& ask) {
  BoundPatch patch;
  record(rollout, make_record(rollout, ask, "restart"), patch);
  return {{patch.set("/spec/restartAt", format_time(ask.at)).for_spec()}, "has restartAt set"};
}

Decision resume(const crds::Rollout& rollout, const Ask& ask) {
  if (!rollout.spec.paused) return {{}, "is not held by `sluice pause`"};
  return {{hold_write(rollout, ask, false)}, "resumed"};
}

}  // namespace sluice::verbs
