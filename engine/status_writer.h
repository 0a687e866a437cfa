#pragma once

// Fills in what the status tells of the decisions: counts, conditions, phase and message.

#include "engine/draft.h"

namespace sluice::engine {

/// Completes draft.status. Called last.
void write_status(Draft& draft);

}  // namespace sluice::engine
