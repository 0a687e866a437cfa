#pragma once

// The one word for a Rollout (status.phase) and the sentence beside it (status.message), decided
// from status and spec alone, in the order that the API documents.

#include "crds/rollout.h"

#include <string>

namespace sluice::engine {

struct PhaseAndMessage {
  crds::RolloutPhase phase = crds::RolloutPhase::None;  ///< Never None.
  std::string message;

  bool operator==(const PhaseAndMessage&) const = default;
};

/// `status` is complete but for phase and message.
PhaseAndMessage decide_phase(const crds::RolloutSpec& spec, const crds::RolloutStatus& status);

}  // namespace sluice::engine
