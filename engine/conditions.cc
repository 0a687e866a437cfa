#include "engine/conditions.h"

#include <algorithm>
#include <utility>

namespace sluice::engine {

const crds::Condition* find_condition(const Conditions& conditions, std::string_view type) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const crds::Condition& condition) { return condition.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool has_reason(const Conditions& conditions, std::string_view type, std::string_view reason) {
  const crds::Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->reason == reason;
}

void set_condition(Conditions& conditions, std::string_view type, bool status,
                   std::string_view reason, std::string message, SystemTime now, bool refresh) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const crds::Condition& condition) { return condition.type == type; });
  crds::Condition next{.type = std::string(type),
                       .status = status,
                       .reason = std::string(reason),
                       .message = std::move(message),
                       .last_update_time = now,
                       .last_transition_time = now};
  if (found == conditions.end()) {
    conditions.push_back(std::move(next));
    return;
  }
  if (found->status == status) next.last_transition_time = found->last_transition_time;
  const bool same =
      found->status == status && found->reason == reason && found->message == next.message;
  if (!same || refresh) *found = std::move(next);
}

void remove_condition(Conditions& conditions, std::string_view type) {
  std::erase_if(conditions,
                [&](const crds::Condition& condition) { return condition.type == type; });
}

}  // namespace sluice::engine
