#pragma once

// How an update ends well: the current revision becomes the stable one.

#include "engine/draft.h"

#include <string>

namespace sluice::engine {

/// Makes the current revision the stable one. `why` is told: "Completed all 5 canary steps".
void promote(Draft& draft, const std::string& why);

/// Says in the status which revision is stable, and, where it is the current one, that nothing of
/// an update is left. Called once it is decided.
void settle_promotion(Draft& draft);

}  // namespace sluice::engine
