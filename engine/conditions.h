#pragma once

// status.conditions: one entry a type, whose times tell when it last changed.

#include "crds/rollout.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

using Conditions = std::vector<crds::Condition>;

/// The condition of that type, or null.
const crds::Condition* find_condition(const Conditions& conditions, std::string_view type);

/// True where the condition exists and has that reason.
bool has_reason(const Conditions& conditions, std::string_view type, std::string_view reason);

/// Sets or adds a condition. Without a change it stays as it is, times included, unless `refresh`
/// asks for a new update time.
void set_condition(Conditions& conditions, std::string_view type, bool status,
                   std::string_view reason, std::string message, SystemTime now,
                   bool refresh = false);

void remove_condition(Conditions& conditions, std::string_view type);

}  // namespace sluice::engine
