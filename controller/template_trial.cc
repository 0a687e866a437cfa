#include "controller/template_trial.h"

#include <utility>

namespace sluice::controller {
namespace {

/// Shorter than a Rollout with an invalid spec waits before it looks again.
constexpr Duration kRefusalStands = std::chrono::seconds(15);

}  // namespace

std::optional<std::string> TemplateTrials::refusal(const ObjectKey& rollout,
                                                   const JsonText& pod_template, SteadyTime now) {
  const auto found = refusals_.find(rollout);
  if (found == refusals_.end()) return std::nullopt;
  const Refusal& refusal = found->second;
  if (same_text(refusal.pod_template, pod_template) && now - refusal.at < kRefusalStands)
    return refusal.sentence;
  refusals_.erase(found);
  return std::nullopt;
}

void TemplateTrials::refused(const ObjectKey& rollout, JsonText pod_template, std::string sentence,
                             SteadyTime now) {
  refusals_[rollout] = {std::move(pod_template), std::move(sentence), now};
}

void TemplateTrials::forget(const ObjectKey& rollout) {
  refusals_.erase(rollout);
}

bool is_verdict(const Error& error) {
  return error.code == ErrorCode::Invalid &&
         error.message.find("does not support dry run") == std::string::npos;
}

}  // namespace sluice::controller
