#include "engine/run_history.h"

#include <algorithm>
#include <tuple>

namespace sluice::engine {
namespace {

constexpr int32_t kDefaultRunHistory = 5;

/// Keeps the newest `limit` of the runs, which come newest first.
void keep_newest(Draft& draft, const std::vector<const AnalysisRun*>& runs, int32_t limit) {
  for (size_t i = static_cast<size_t>(std::max(limit, 0)); i < runs.size(); ++i)
    draft.act(DeleteAnalysisRun{runs[i]->name, runs[i]->uid});
}

}  // namespace

void end_other_runs(Draft& draft, const std::set<std::string>& wanted) {
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    const bool over = crds::is_completed(run.phase) || run.terminate || run.deleting;
    if (!over && !wanted.contains(run.name)) draft.act(TerminateAnalysisRun{run.name});
  }
}

void delete_old_runs(Draft& draft, const std::set<std::string>& wanted) {
  std::vector<const AnalysisRun*> good;
  std::vector<const AnalysisRun*> bad;
  for (const AnalysisRun& run : draft.facts.snapshot->analysis_runs) {
    if (run.deleting || !crds::is_completed(run.phase) || wanted.contains(run.name)) continue;
    (run.phase == crds::AnalysisPhase::Successful ? good : bad).push_back(&run);
  }
  const auto newest_first = [](const AnalysisRun* left, const AnalysisRun* right) {
    return std::tie(right->created_at, right->name) < std::tie(left->created_at, left->name);
  };
  std::sort(good.begin(), good.end(), newest_first);
  std::sort(bad.begin(), bad.end(), newest_first);
  const crds::RolloutSpec& spec = draft.facts.rollout().spec;
  keep_newest(draft, good, spec.successful_run_history_limit.value_or(kDefaultRunHistory));
  keep_newest(draft, bad, spec.unsuccessful_run_history_limit.value_or(kDefaultRunHistory));
}

}  // namespace sluice::engine
