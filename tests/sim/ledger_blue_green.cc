// What an update has earned whose users all change sides at once.

#include "tests/sim/ledger.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

/// The preview's pods, its analysis, the pause.
constexpr int64_t kStages = 3;

}  // namespace

bool Ledger::is_passed() const {
  return attempt_->cursor >= kStages;
}

void Ledger::look_at_blue_green(Attempt& attempt) {
  const std::string hash = this->hash();
  // Only when it is released: the controller looks at what stands by once.
  if (attempt_ != seen_ && was_stable_.contains(hash) && view_.serving(hash) >= view_.replicas())
    attempt.stands_by = true;
  while (attempt.cursor < kStages && !is_halted() && is_stage_over(attempt.cursor)) {
    ++attempt.cursor;
    attempt.reached = now();
  }
  const bool has_users = view_.selected_by(view_.role().active_service) == hash && !hash.empty();
  if (is_passed() && !is_halted() && has_users && view_.serving(hash) >= view_.replicas() &&
      is_proven("postPromotionAnalysis", "PostPromotion"))
    attempt.may_be_stable = true;
}

bool Ledger::is_stage_over(int64_t stage) const {
  if (attempt_->in_full || attempt_->stands_by) return true;
  if (stage == kBlueGreenPause) return is_pause_of_blue_green_over();
  if (stage == 1) return is_proven("prePromotionAnalysis", "PrePromotion");
  const int64_t wanted = int_at(view_.blue_green(), "previewReplicaCount", view_.replicas());
  return !hash().empty() && view_.serving(hash()) >= wanted;
}

bool Ledger::is_pause_of_blue_green_over() const {
  if (attempt_->passed.contains(kBlueGreenPause)) return true;
  const int64_t seconds = int_at(view_.blue_green(), "autoPromotionSeconds");
  if (seconds > 0) return is_pause_over({{"duration", seconds}});
  const Json* by_itself = find_path(view_.blue_green(), "autoPromotionEnabled");
  return by_itself == nullptr || by_itself->get<bool>();
}

bool Ledger::is_proven(const char* analysis, const char* type) const {
  if (attempt_->in_full || attempt_->stands_by) return true;
  if (find_path(view_.blue_green(), analysis) == nullptr) return true;
  return std::ranges::any_of(attempt_->runs, [type](const auto& entry) {
    return label_of(entry.second, "rollout-type") == type &&
           string_at(entry.second, "status.phase") == "Successful";
  });
}

}  // namespace sluice::sim
