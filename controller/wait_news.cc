#include "controller/wait_news.h"

#include "engine/reasons.h"
#include "engine/waits.h"

#include <algorithm>
#include <array>

namespace sluice::controller {
namespace {

/// Told where they are decided.
constexpr std::array kToldElsewhere = {engine::kInvalidSpec, engine::kInconclusiveRun,
                                       engine::kFailedRun, engine::kReconciliationError,
                                       engine::kWritesContested};

}  // namespace

std::vector<engine::Reason> WaitNews::take(const ObjectKey& rollout,
                                           const std::vector<crds::Wait>& waits) {
  std::vector<engine::Reason> news;
  if (waits.empty()) {
    told_.erase(rollout);
    return news;
  }
  for (const crds::Wait& wait : waits) {
    const bool elsewhere = std::find(kToldElsewhere.begin(), kToldElsewhere.end(), wait.reason) !=
                           kToldElsewhere.end();
    if (!engine::is_trouble(wait) || elsewhere) continue;
    if (!told_[rollout].emplace(wait.reason, wait.object.name).second) continue;
    news.push_back({.code = wait.reason,
                    .message = wait.message,
                    .severity = engine::Severity::Warning,
                    .params = {{"kind", wait.object.kind}, {"name", wait.object.name}}});
  }
  return news;
}

}  // namespace sluice::controller
