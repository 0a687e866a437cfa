#pragma once

// Which AnalysisRun stands in a place. A run belongs to one attempt: the annotation
// sluice.dev/attempt names revision, steps and the abort before it, so that a verdict of an earlier
// attempt never counts, and a run that was created just before the process died is found again.

#include "engine/run_slots.h"

#include <string>

namespace sluice::engine {

/// The run that the status names, else the newest one; null where no run of this attempt stands in
/// that place. One that somebody answered stands in none.
const AnalysisRun* find_run(const Draft& draft, const RunSlot& slot);

/// A run that has come to this asks a person what to do.
bool is_question(const Draft& draft, crds::AnalysisPhase phase);

/// A run of this attempt was made for that place, be it answered by now or not.
bool has_begun(const Draft& draft, const RunSlot& slot);

/// What the annotation of this attempt's runs says.
std::string attempt(const Draft& draft);

}  // namespace sluice::engine
