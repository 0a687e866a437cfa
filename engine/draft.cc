#include "engine/draft.h"

#include "engine/freeze.h"
#include "engine/reasons.h"

#include <algorithm>

namespace sluice::engine {

Draft::Draft(const Facts& known)
    : facts(known), status(known.before()), promoted(known.is_stable()) {}

bool Draft::halted() const {
  return course() != Course::Aborted &&
         (facts.rollout().spec.paused || has_question() || is_frozen(*this));
}

bool Draft::has_pause(std::string_view reason) const {
  return std::any_of(status.pause_conditions.begin(), status.pause_conditions.end(),
                     [&](const crds::PauseCondition& pause) { return pause.reason == reason; });
}

bool Draft::has_question() const {
  return std::ranges::any_of(status.pause_conditions, &crds::PauseCondition::is_question);
}

int32_t Draft::index() const {
  return std::clamp(status.current_step_index.value_or(0), 0, facts.step_count());
}

void Draft::set_index(int32_t index) {
  status.current_step_index.reset();
  if (facts.step_count() > 0) status.current_step_index = index;
}

std::vector<const ReplicaSet*> Draft::old_sets() const {
  std::vector<const ReplicaSet*> old = facts.others;
  if (promoted && facts.stable != nullptr && facts.stable != facts.current) {
    const auto later = std::find_if(old.begin(), old.end(), [&](const ReplicaSet* other) {
      return other->created_at > facts.stable->created_at;
    });
    old.insert(later, facts.stable);
  }
  return old;
}

const ReplicaSet* Draft::home() const {
  if (course() == Course::First) return facts.current;
  if (facts.stable_lost && serving(facts.current) > 0) return facts.current;
  return stable();
}

void Draft::news(std::string_view code, std::string message, StringMap params, Severity severity) {
  reasons.push_back(
      {std::string(code), std::move(message), severity, Occasion::News, std::move(params)});
}

void Draft::effect(std::string_view code, std::string message, StringMap params) {
  reasons.push_back({std::string(code), std::move(message), Severity::Normal, Occasion::Effect,
                     std::move(params)});
}

void Draft::wait(std::string_view reason, std::string message,
                 std::optional<SystemTime> next_look) {
  wait(crds::Wait{
      .reason = std::string(reason), .message = std::move(message), .next_look = next_look});
}

void Draft::wake(SystemTime at) {
  if (!wake_at || at < *wake_at) wake_at = at;
}

SystemTime next_whole_second(SystemTime time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace sluice::engine
