#include "controller/verdicts.h"

#include "crds/names.h"

#include <iterator>

namespace sluice::controller {

bool Verdicts::take(const ObjectMeta& run, const crds::AnalysisRunStatus& status) {
  const bool bad =
      status.phase == crds::AnalysisPhase::Failed || status.phase == crds::AnalysisPhase::Error;
  if (!bad) {
    forget(run.key());
    return false;
  }
  const OwnerReference* owner = run.controller();
  if (owner == nullptr || owner->kind != crds::kRollout) return true;
  const ObjectKey rollout{run.namespace_, owner->name};
  Verdict& verdict = verdicts_[rollout][run.name];
  const bool known = verdict.uid == run.uid;
  verdict = {.uid = run.uid, .phase = status.phase, .message = status.message};
  if (!known && heard_) heard_(rollout);
  return !known;
}

void Verdicts::forget(const ObjectKey& run) {
  for (auto entry = verdicts_.begin(); entry != verdicts_.end();) {
    auto& [rollout, verdicts] = *entry;
    if (rollout.namespace_ == run.namespace_) verdicts.erase(run.name);
    entry = verdicts.empty() ? verdicts_.erase(entry) : std::next(entry);
  }
}

void Verdicts::show(const ObjectKey& rollout, std::vector<engine::AnalysisRun>& runs) const {
  const auto found = verdicts_.find(rollout);
  if (found == verdicts_.end()) return;
  for (engine::AnalysisRun& run : runs) {
    const auto verdict = found->second.find(run.name);
    if (verdict == found->second.end() || verdict->second.uid != run.uid) continue;
    run.phase = verdict->second.phase;
    run.message = verdict->second.message;
  }
}

}  // namespace sluice::controller
