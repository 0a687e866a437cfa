#pragma once

// Pauses that the engine begins: a condition in the status with its start, and controllerPause. A
// client ends one by removing the condition: what is left is controllerPause.

#include "base/time.h"
#include "engine/draft.h"

#include <optional>
#include <string_view>

namespace sluice::engine {

/// Stands at the pause with that reason, and begins it where it is not there. True once it is over:
/// after the duration, where there is one, or because somebody ended it.
bool pass_pause(Draft& draft, std::string_view reason, std::optional<Duration> duration,
                const StringMap& params);

/// Forgets a pause that somebody's change left behind, and a resume that nobody waited for.
void drop_pause(Draft& draft, std::string_view reason);

/// The update may go on: it is under way, and nobody holds it. Explains what it waits for where it
/// may not, and forgets the pauses of an update that is over.
bool may_advance(Draft& draft);

}  // namespace sluice::engine
