#pragma once

// A new AnalysisRun of an update: its name, its labels and annotations, and the hashes that its
// arguments ask for.

#include "engine/run_slots.h"

namespace sluice::engine {

/// Asks for the run that is wanted in that place, under a name that no other run bears.
void create_run(Draft& draft, const RunSlot& slot);

}  // namespace sluice::engine
